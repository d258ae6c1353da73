import assert from "node:assert/strict";
import { test } from "node:test";
import { Code } from "@connectrpc/connect";
import { commentOf, readContract, splitCode } from "../../scripts/contract-reference.ts";
import { errorReasons } from "../../src/domain/host-error.ts";
import { errorCodes } from "../../src/service/error-codes.ts";
import { projectRoot } from "./source-imports.ts";

const values = (readContract(projectRoot).getEnum("left4me.host.v1.ErrorReason")?.values ?? []).filter(({ number }) => number !== 0);
const reasonOf = (name: string) => name.replace(/^ERROR_REASON_/, "");

test("the reasons of the domain are those of the contract, in its order", () => {
  assert.deepEqual(
    [...errorReasons],
    values.map(({ name }) => reasonOf(name)),
  );
});

test("each reason maps to the code that its comment in the contract names", () => {
  const codeNames = Object.entries(errorCodes).map(([reason, code]) => [reason, canonicalName(code)]);
  const documented = values.map((value) => [reasonOf(value.name), splitCode(commentOf(value)).code]);
  assert.deepEqual(Object.fromEntries(codeNames), Object.fromEntries(documented));
});

/** `Code.NotFound` is NOT_FOUND. */
function canonicalName(code: Code): string {
  return (Code[code] ?? "").replace(/(?<=[a-z])[A-Z]/g, (upper) => `_${upper}`).toUpperCase();
}

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Code } from "@connectrpc/connect";
import { errorReasons } from "../../../src/domain/host-error.ts";
import { ErrorReason } from "../../../src/gen/left4me/host/v1/error_reason_pb.ts";
import { errorCodes } from "../../../src/service/error-codes.ts";

const proto = readFileSync(new URL("../../../proto/left4me/host/v1/error_reason.proto", import.meta.url), "utf8");

/** `// NOT_FOUND. Metadata: …` above `ERROR_REASON_X = 1;` */
function documentedCodes(): Map<string, string> {
  const pattern = /((?:^ *\/\/.*\n)+) *ERROR_REASON_([A-Z_]+) = \d+;/gm;
  const found = [...proto.matchAll(pattern)].filter(([, , name]) => name !== "UNSPECIFIED");
  return new Map(found.map(([, comment, name]) => [name ?? "", /^ *\/\/ ([A-Z_]+)\./.exec(comment ?? "")?.[1] ?? ""]));
}

/** `NotFound` as the contract writes it. */
function canonicalName(code: Code): string {
  return Code[code].replace(/(?<=[a-z])[A-Z]/g, "_$&").toUpperCase();
}

test("the table, the domain and the contract have the same reasons", () => {
  const expected = Object.keys(ErrorReason)
    .filter((name) => name !== "UNSPECIFIED")
    .sort();
  assert.deepEqual([...errorReasons].sort(), expected);
  assert.deepEqual(Object.keys(errorCodes).sort(), expected);
});

test("every reason has the code that its comment in the contract names", () => {
  const documented = documentedCodes();
  assert.equal(documented.size, errorReasons.length);
  for (const reason of errorReasons) assert.equal(canonicalName(errorCodes[reason]), documented.get(reason), reason);
});

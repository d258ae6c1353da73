import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { exceptions } from "./exceptions.ts";
import { allTests } from "./suite/index.ts";

const contract = new URL("../../proto/left4me/host/v1/", import.meta.url);

/** All comments of the contract as running text. */
function comments(): string {
  const files = readdirSync(contract).filter((name) => name.endsWith(".proto"));
  const lines = files.flatMap((name) => readFileSync(new URL(name, contract), "utf8").split("\n"));
  return lines
    .map((line) => /^\s*\/\/(.*)$/.exec(line)?.[1]?.trim() ?? "\n")
    .join(" ")
    .replaceAll(/[^\S\n]+/g, " ");
}

test("every promise that the suite proves stands in the contract, word for word", () => {
  const text = comments();
  const missing = allTests.filter(({ promise }) => !promise.startsWith("Design: ") && !text.includes(promise));
  assert.deepEqual(
    missing.map(({ id, promise }) => `${id}: ${promise}`),
    [],
  );
});

test("ids are stable names: an area, a slug, each once", () => {
  const ids = allTests.map(({ id }) => id);
  assert.deepEqual(
    ids.filter((id) => !/^[a-z]+\/[a-z0-9-]+$/.test(id)),
    [],
  );
  assert.deepEqual(
    ids.filter((id, index) => ids.indexOf(id) !== index),
    [],
  );
});

test("exceptions name tests that exist", () => {
  const ids = new Set(allTests.map(({ id }) => id));
  assert.deepEqual(
    Object.values(exceptions)
      .flatMap(Object.keys)
      .filter((id) => !ids.has(id)),
    [],
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { asBytes, matchesAny, normalizeGlobs } from "../../../src/domain/preserve-glob.ts";
import { globCases } from "../../fixtures/preserve-globs.ts";

const fits = (glob: string, path: string) => matchesAny(normalizeGlobs([glob]).map(asBytes), asBytes(path));

for (const [glob, those, others] of globCases) {
  test(`the pattern ${glob}`, () => {
    for (const path of those) assert.equal(fits(glob, path), true, path);
    for (const path of others) assert.equal(fits(glob, path), false, path);
  });
}

test("one of several patterns is enough, and none fits nothing", () => {
  const globs = ["a", "b/*"];
  assert.deepEqual(
    ["a", "b/c", "c"].map((path) => matchesAny(globs, path)),
    [true, true, false],
  );
  assert.equal(matchesAny([], "a"), false);
});

test("components that mean nothing are left out, and what is left empty or twice", () => {
  assert.deepEqual(normalizeGlobs(["./a//b/", "a/b", ".", "", "a/./*"]), ["a/b", "a/*"]);
});

test("hostile patterns and names take no time", () => {
  const begin = performance.now();
  assert.equal(fits(`${"*a".repeat(400)}b`, "a".repeat(255)), false);
  assert.equal(fits(`${"**/a/".repeat(150)}b`, `${"a/".repeat(1500)}c`), false);
  assert.ok(performance.now() - begin < 500, `${performance.now() - begin} ms`);
});

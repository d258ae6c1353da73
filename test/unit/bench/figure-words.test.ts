import assert from "node:assert/strict";
import { test } from "node:test";
import { benches } from "../../../bench/benches.ts";
import { figureWords } from "../../../bench/plots/figure-words.ts";
import { promisesOf } from "../../../bench/plots/promises.ts";
import { savedResult } from "../../../bench/results.ts";

test("every promised figure is told in words", () => {
  const results = Object.keys(benches).flatMap((name) => savedResult(name) ?? []);
  const promises = results.flatMap(promisesOf);
  assert.ok(promises.length > 20);
  const named = promises.filter(({ bench, figure }) => !figureWords(bench, figure).includes(" "));
  assert.deepEqual(
    named.map(({ bench, figure }) => `${bench}: ${figure}`),
    [],
  );
});

test("figures of followers are told with their number", () => {
  assert.equal(figureWords("followers", "oursP99With1"), "a line to 1 follower, 99th percentile");
  assert.equal(figureWords("followers", "oursResidentWith100"), "memory with 100 followers");
});

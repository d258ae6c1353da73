import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "../fixtures/test-context.ts";
import { runTest } from "./run-test.ts";
import { atMost } from "./schedule.ts";
import { area, type ConformanceTest, type Place } from "./test-case.ts";

const place = { allowsSlow: false, hadBuild: false, isLocal: true } as Place;

function outcomeOf(
  run: () => Promise<void>,
  { exception, close, ...options }: { exception?: string; close?: () => Promise<void>; needs?: ConformanceTest["needs"] } = {},
) {
  const [only] = area("area", (declare) => declare("slug", "It holds.", run, options));
  assert.ok(only !== undefined);
  const open = () => ({ close: close ?? (async () => undefined) }) as TestContext;
  return runTest(only, { place, exception, open });
}

const fails = () => Promise.reject(new Error("it does not hold"));
const holds = async () => undefined;

test("a test that passes or fails", async () => {
  assert.equal((await outcomeOf(holds)).outcome, "passed");
  const failed = await outcomeOf(fails);
  assert.deepEqual([failed.id, failed.outcome, failed.promise], ["area/slug", "failed", "It holds."]);
  assert.match(failed.error ?? "", /it does not hold/);
});

test("an unmet need skips with its reason and runs nothing", async () => {
  const { outcome, note } = await outcomeOf(fails, { needs: [() => undefined, () => "not offered"] });
  assert.deepEqual([outcome, note], ["skipped", "not offered"]);
});

test("an exception excuses a failure and is reported when it is no longer needed", async () => {
  const excused = await outcomeOf(fails, { exception: "known" });
  assert.deepEqual([excused.outcome, excused.note], ["skipped", "excepted: known"]);
  assert.match(excused.error ?? "", /it does not hold/);
  const stale = await outcomeOf(holds, { exception: "known" });
  assert.equal(stale.outcome, "passed");
  assert.match(stale.note ?? "", /remove the exception/);
});

test("a clean-up that fails is a failure, but never hides the test's own", async () => {
  const close = () => Promise.reject(new Error("it stays"));
  assert.match((await outcomeOf(holds, { close })).error ?? "", /clean-up failed[\s\S]*it stays/);
  assert.match((await outcomeOf(fails, { close })).error ?? "", /it does not hold/);
});

test("at most so many jobs at a time, all of them, in order", async () => {
  let running = 0;
  let most = 0;
  const begun: number[] = [];
  await atMost(3, [1, 2, 3, 4, 5, 6, 7], async (item) => {
    begun.push(item);
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 2));
    running--;
  });
  assert.deepEqual([begun, most], [[1, 2, 3, 4, 5, 6, 7], 3]);
});

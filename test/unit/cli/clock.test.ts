import assert from "node:assert/strict";
import { test } from "node:test";
import { momentOf } from "../../../src/cli/output/clock.ts";

test("a time has no date on the day on which the command began, and its date on every other one", () => {
  const began = new Date(2026, 0, 31, 18, 5, 9);
  assert.equal(momentOf(new Date(2026, 0, 31, 0, 0, 0), began), "00:00:00");
  assert.equal(momentOf(new Date(2026, 0, 31, 23, 59, 59), began), "23:59:59");
  assert.equal(momentOf(new Date(2026, 1, 1, 0, 0, 0), began), "2026-02-01 00:00:00", "it is followed over midnight");
  assert.equal(momentOf(new Date(2026, 0, 30, 18, 5, 9), began), "2026-01-30 18:05:09");
  assert.equal(momentOf(new Date(2025, 0, 31, 18, 5, 9), began), "2025-01-31 18:05:09");
});

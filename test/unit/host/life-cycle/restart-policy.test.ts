import assert from "node:assert/strict";
import { test } from "node:test";
import { afterFailure, recentStarts } from "../../../../src/host/life-cycle/restart-policy.ts";

const limit = { burst: 3, windowSeconds: 60, firstDelaySeconds: 2, longestDelaySeconds: 10 };
const now = Date.parse("2026-11-29T10:00:00Z");
const starts = [now - 30_000, now - 20_000, now - 10_000];

test("starts within the window count, and too many of them end the restarts", () => {
  assert.deepEqual(afterFailure(starts, now, limit), { type: "give-up", starts: 3 });
  assert.deepEqual(afterFailure(starts.slice(1), now, limit), { type: "restart", delaySeconds: 4, attempt: 3 });
});

test("a clock that was set back makes no start count for ever, one that was set ahead makes none count", () => {
  const yearMs = 365 * 24 * 3600 * 1000;
  for (const jump of [-yearMs, yearMs]) {
    assert.deepEqual(recentStarts(starts, now + jump, limit), []);
    assert.deepEqual(afterFailure([...starts, now + jump], now + jump, limit), { type: "restart", delaySeconds: 2, attempt: 2 });
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { limited } from "../../../src/drivers/systemd/limited.ts";

test("at most so many run at once, in their order, and a failure frees its place", async () => {
  const run = limited(2);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const works = [0, 1, 2, 3].map((number) =>
    run(async () => {
      begun.push(number);
      await new Promise<void>((resolve) => ends.push(resolve));
      if (number === 0) throw new Error("failed");
    }),
  );
  const settled = Promise.allSettled(works);
  assert.deepEqual(begun, [0, 1]);
  ends[0]?.();
  await turn();
  assert.deepEqual(begun, [0, 1, 2]);
  for (let next = 1; next < 4; next += 1) {
    ends[next]?.();
    await turn();
  }
  assert.deepEqual(begun, [0, 1, 2, 3]);
  assert.deepEqual(
    (await settled).map(({ status }) => status),
    ["rejected", "fulfilled", "fulfilled", "fulfilled"],
  );
});

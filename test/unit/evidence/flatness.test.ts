import assert from "node:assert/strict";
import { test } from "node:test";
import { growth, trendsOf } from "../../evidence/soak/flatness.ts";
import { figureNames, type Sample } from "../../evidence/soak/sample.ts";

/** A look every 5 s for 20 minutes; every figure is `base` but those that are told. */
function life(told: (index: number) => Partial<Sample>): Sample[] {
  return Array.from({ length: 240 }, (_, index) => ({
    seconds: index * 5,
    ...Object.fromEntries(figureNames.map((name) => [name, 50])),
    ...told(index),
  }));
}

test("what comes and goes is flat, and a few looks far out change nothing", () => {
  const noisy = life((index) => ({ mounts: 50 + (index % 12), units: index % 40 === 0 ? 5000 : 50 }));
  assert.deepEqual(growth(noisy, 100), []);
});

test("what grows slowly is found, by name, with both figures", () => {
  // A mount every two minutes.
  assert.deepEqual(
    growth(
      life((index) => ({ mounts: 50 + index / 24 })),
      100,
    ).length,
    1,
  );
  assert.match(
    growth(
      life((index) => ({ mounts: 50 + index / 24 })),
      100,
    )[0] ?? "",
    /^mounts has grown from 51\.\d+ to 58\.\d+; at most 57/,
  );
});

test("memory may grow by a share", () => {
  assert.deepEqual(
    growth(
      life((index) => ({ daemonMb: index < 120 ? 100 : 109 })),
      100,
    ),
    [],
  );
  assert.match(
    growth(
      life((index) => ({ daemonMb: index < 120 ? 100 : 111 })),
      100,
    )[0] ?? "",
    /daemonMb/,
  );
});

test("a figure that was hardly seen proves nothing", () => {
  const blind = life((index) => (index % 100 === 0 ? {} : { daemonMb: undefined }) as Partial<Sample>);
  assert.deepEqual(growth(blind, 100), ["daemonMb: only 2 looks"]);
  assert.deepEqual(growth([], 0), [], "nothing was seen, and nothing is asked for");
  assert.equal(trendsOf(blind).mounts?.samples, 160);
});

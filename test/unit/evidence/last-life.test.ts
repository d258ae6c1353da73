import assert from "node:assert/strict";
import { test } from "node:test";
import { heapGrowth } from "../../evidence/soak/heap-under-load.ts";
import { lastLife } from "../../evidence/soak/last-life.ts";

/** A look every 5 s at the daemons that live one after the other, for so many looks each. */
function looks(...lives: readonly number[]) {
  return lives
    .flatMap((count, index) => Array.from({ length: count }, () => index + 1))
    .map((daemonPid, at) => ({ seconds: at * 5, daemonPid }));
}

test("the last daemon's life is judged behind its warm-up only", () => {
  const { seconds, grownUp } = lastLife(looks(40, 40, 161), 0.3);
  assert.equal(seconds, 800);
  assert.equal(grownUp[0]?.seconds, 400 + 240);
  assert.equal(grownUp.at(-1)?.seconds, 1200);
});

test("a daemon that is replaced near the end leaves a short life", () => {
  assert.equal(lastLife(looks(80, 140, 21), 0.3).seconds, 100);
  assert.equal(lastLife([], 0.3).seconds, 0);
});

test("a look between two daemons ends a life", () => {
  const between = [...looks(10), { seconds: 50 }, ...looks(3).map((look) => ({ ...look, seconds: 55 + look.seconds }))];
  assert.equal(lastLife(between, 0).seconds, 10);
});

test("what the heap holds may be so much more at the end, and no more", () => {
  assert.deepEqual(heapGrowth([]), []);
  assert.deepEqual(
    heapGrowth([
      { heapMb: 30, externalMb: 5 },
      { heapMb: 38, externalMb: 7 },
    ]),
    [],
  );
  assert.match(
    heapGrowth([
      { heapMb: 30, externalMb: 5 },
      { heapMb: 38, externalMb: 7.5 },
    ])[0] ?? "",
    /grown by 10\.5 MB/,
  );
});

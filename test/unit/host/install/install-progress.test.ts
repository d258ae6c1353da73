import assert from "node:assert/strict";
import { test } from "node:test";
import { InstallProgress } from "../../../../src/host/install/install-progress.ts";

const downloading = (doneBytes: number, totalBytes?: number) => ({
  phase: "DOWNLOADING" as const,
  doneBytes,
  ...(totalBytes === undefined ? {} : { totalBytes }),
});

test("one sample has no rate; from the second on there is one, and what is left", () => {
  const progress = new InstallProgress();
  assert.deepEqual(progress.figures(downloading(1000, 5000), 0), { doneBytes: 1000, totalBytes: 5000 });
  const figures = { doneBytes: 3000, totalBytes: 5000, bytesPerSecond: 1000, remainingSeconds: 2 };
  assert.deepEqual(progress.figures(downloading(3000, 5000), 2000), figures);
});

test("the rate is that of the last ten seconds", () => {
  const progress = new InstallProgress();
  for (let second = 0; second <= 20; second += 1) progress.figures(downloading(second * 100), second * 1000);
  // From here on ten times as fast: after ten seconds nothing tells of before.
  const rates = Array.from({ length: 10 }, (_, index) => progress.figures(downloading(2000 + (index + 1) * 1000), (21 + index) * 1000));
  assert.deepEqual([rates[0]?.bytesPerSecond, rates.at(-1)?.bytesPerSecond], [190, 1000]);
});

test("a long silence leaves one sample to measure from", () => {
  const progress = new InstallProgress();
  for (const [bytes, time] of [
    [0, 0],
    [100, 1000],
  ] as const)
    progress.figures(downloading(bytes), time);
  assert.equal(progress.figures(downloading(60_100), 61_000).bytesPerSecond, 1000);
});

test("another phase, and fewer bytes than before (another platform, another try), begin anew", () => {
  const progress = new InstallProgress();
  progress.figures(downloading(0), 0);
  progress.figures(downloading(1000), 1000);
  assert.deepEqual(progress.figures({ phase: "VERIFYING", doneBytes: 2000 }, 2000), { doneBytes: 2000 });
  assert.equal(progress.figures({ phase: "VERIFYING", doneBytes: 4000 }, 3000).bytesPerSecond, 2000);
  assert.deepEqual(progress.figures({ phase: "VERIFYING", doneBytes: 10 }, 4000), { doneBytes: 10 });
});

test("what is not known is not told: no bytes, a rate of none, no total, two samples in one moment", () => {
  const progress = new InstallProgress();
  assert.deepEqual(progress.figures({ phase: "PREPARING", percent: 7 }, 0), { percent: 7 });
  progress.figures(downloading(100, 500), 1000);
  assert.deepEqual(progress.figures(downloading(100, 500), 1000), { doneBytes: 100, totalBytes: 500 });
  assert.deepEqual(progress.figures(downloading(100, 500), 2000), { doneBytes: 100, totalBytes: 500, bytesPerSecond: 0 });
  assert.deepEqual(progress.figures(downloading(200), 3000), { doneBytes: 200, bytesPerSecond: 50 });
});

test("more done than was announced leaves nothing to wait for", () => {
  const progress = new InstallProgress();
  progress.figures(downloading(0, 500), 0);
  assert.equal(progress.figures(downloading(600, 500), 1000).remainingSeconds, 0);
});

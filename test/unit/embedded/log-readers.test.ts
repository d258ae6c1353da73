import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { LogReaders } from "../../../src/drivers/embedded/logs/log-readers.ts";
import { LogSegment } from "../../../src/drivers/embedded/logs/log-segment.ts";

const lineBytes = 10;
const placeOf = (line: number) => ({ seq: 1, offset: line * lineBytes, events: 0 });

/** A segment of so many lines. */
function segmentOf(t: TestContext, lines: number): LogSegment {
  const directory = mkdtempSync("/var/tmp/l4m-readers-");
  t.after(() => rmSync(directory, { recursive: true }));
  appendFileSync(join(directory, "1.log"), `${"x".repeat(lineBytes - 1)}\n`.repeat(lines));
  const segment = new LogSegment(directory, 1);
  segment.belongTo("invocation1");
  segment.see(Date.now(), false);
  return segment;
}

test("counting what is about to be lost lets others go on", async (t) => {
  const segment = segmentOf(t, 800_000);
  const readers = new LogReaders();
  const reader = readers.enter(placeOf(0), segment);
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 1);
  const counts = await readers.count(segment, 700_000 * lineBytes);
  clearInterval(timer);
  readers.trimming(segment, 700_000 * lineBytes, counts);
  assert.equal(reader.lost, 700_000);
  assert.ok(turns >= 5, `${turns} turns`);
});

test("a log is left when no reader has moved for so long; the time begins anew with each move", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const segment = segmentOf(t, 10);
  const readers = new LogReaders();
  const [moving] = [readers.enter(placeOf(0), segment), readers.enter(placeOf(0), segment)];
  let isOver = false;
  const leaving = readers.whenLeft(1000, 60_000).then(() => {
    isOver = true;
  });
  const pass = async (ms: number) => {
    t.mock.timers.tick(ms);
    await new Promise((resolve) => setImmediate(resolve));
  };
  for (let line = 1; line <= 5; line += 1) {
    await pass(999);
    readers.move(moving, placeOf(line), segment);
    await pass(0);
  }
  readers.leave(moving); // the other one stalls
  await pass(0);
  await pass(999);
  assert.equal(isOver, false);
  await pass(1);
  await leaving;
});

test("a log is left when its readers go on for too long, and at once when none is left", async (t) => {
  const segment = segmentOf(t, 10);
  const readers = new LogReaders();
  const reader = readers.enter(placeOf(0), segment);
  const timer = setInterval(() => readers.move(reader, placeOf(1), segment), 1);
  await readers.whenLeft(60_000, 50);
  clearInterval(timer);
  const leaving = readers.whenLeft(60_000, 60_000);
  readers.leave(reader);
  await leaving;
});

test("readers that move meanwhile are told what they lose from where they are, or that it is unknown", async (t) => {
  const segment = segmentOf(t, 10_000);
  const readers = new LogReaders();
  const enter = (line: number) => readers.enter(placeOf(line), segment);
  const [still, moving, restless, leaving, far] = [enter(100), enter(200), enter(300), enter(400), enter(9000)];
  const kept = 5000 * lineBytes;
  const counting = readers.count(segment, kept);
  readers.move(moving, placeOf(1000), segment);
  readers.move(leaving, placeOf(6000), segment);
  const counts = await counting;
  readers.move(restless, placeOf(301), segment);
  readers.trimming(segment, kept, counts);
  segment.trim(kept);
  assert.deepEqual(
    [still, moving, restless, leaving, far].map(({ lost }) => lost),
    [4900, 4000, undefined, 0, 0],
  );
  // What stands still loses on, from the new beginning.
  readers.trimming(segment, kept + 50, await readers.count(segment, kept + 50));
  assert.deepEqual([still.lost, restless.lost], [4905, undefined]);
});

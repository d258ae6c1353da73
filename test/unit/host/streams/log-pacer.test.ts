import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { LogEntry, LogPiece } from "../../../../src/domain/log-entry.ts";
import { LogPacer } from "../../../../src/host/streams/log-pacer.ts";

const never = new AbortController().signal;
const gap: LogPiece = { type: "gap", reason: "TRIMMED", position: "gap" };

/** A batch of lines with the numbers from `first` on. */
function batchOf(first: number, count = 1, bytes = 0): LogPiece & { readonly type: "batch" } {
  const rest = { time: new Date(0), timeEstimated: false, invocationId: "", partial: false };
  const entryOf = (number: number): LogEntry => ({ ...rest, position: String(number), message: String(number).padStart(bytes, "0") });
  return { type: "batch", entries: Array.from({ length: count }, (_, index) => entryOf(first + index)) };
}

/** Tells a batch of one line each, with a pause before each. */
async function* lineByLine(count: number, pauseMs: number): AsyncGenerator<LogPiece> {
  for (let number = 1; number <= count; number += 1) {
    yield batchOf(number);
    await sleep(pauseMs);
  }
}

async function* atOnce(...pieces: readonly LogPiece[]): AsyncGenerator<LogPiece> {
  yield* pieces;
}

const shape = (piece: LogPiece | "heartbeat") => (typeof piece === "string" ? piece : piece.type === "gap" ? "gap" : piece.entries.length);

async function shapes(pieces: AsyncGenerator<LogPiece>): Promise<(number | string)[]> {
  const told: (number | string)[] = [];
  for await (const piece of new LogPacer().pace(pieces, 60, never)) told.push(shape(piece));
  return told;
}

describe("a paced log", () => {
  it("tells the first line at once, and then what comes within 20 ms together", async () => {
    const begun = performance.now();
    const times: number[] = [];
    const numbers: string[] = [];
    for await (const piece of new LogPacer().pace(lineByLine(40, 3), 60, never)) {
      assert.ok(piece !== "heartbeat" && piece.type === "batch");
      if (times.length === 0) assert.equal(piece.entries.length, 1);
      times.push(performance.now() - begun);
      numbers.push(...piece.entries.map(({ message }) => message));
    }
    assert.deepEqual(
      numbers,
      Array.from({ length: 40 }, (_, index) => String(index + 1)),
    );
    const mostBatches = (times.at(-1) ?? 0) / 15 + 2; // the first and the last do not wait, and timers are inexact
    assert.ok(times.length >= 3 && times.length <= mostBatches, `told at ${times.map(Math.round)}`);
  });

  it("tells a line at once that comes after a pause", async (t) => {
    let now = 1000;
    t.mock.method(performance, "now", () => now);
    async function* log(): AsyncGenerator<LogPiece> {
      for (let number = 1; number <= 4; number += 1, now += 40) yield batchOf(number);
    }
    assert.deepEqual(await shapes(log()), [1, 1, 1, 1]);
  });

  it("wakes nobody for a line while it rests behind the latest; what gathers meanwhile is one batch", async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    let pulls = 0;
    let printed = 1;
    async function* log(): AsyncGenerator<LogPiece> {
      for (let told = 0; told < 4; ) {
        pulls += 1;
        const count = printed - told;
        yield { ...batchOf(told + 1, count), isLatest: true };
        told += count;
      }
    }
    const paced = new LogPacer().pace(log(), 60, never);
    assert.equal(shape((await paced.next()).value as LogPiece), 1);
    const second = paced.next();
    await new Promise((resolve) => setImmediate(resolve));
    printed = 4;
    assert.equal(pulls, 1, "it rests");
    t.mock.timers.tick(20);
    assert.equal(shape((await second).value as LogPiece), 3);
    assert.equal(pulls, 2);
    const last = paced.next();
    await new Promise((resolve) => setImmediate(resolve));
    t.mock.timers.tick(40); // what is left of the window, and a whole one
    assert.equal((await last).done, true);
  });

  it("tells each of many readers one batch a window, and none more often", async () => {
    const pacer = new LogPacer();
    const end = new AbortController();
    let told = 0;
    /** Always has something, and always has told the latest. */
    async function* talking(): AsyncGenerator<LogPiece> {
      for (let number = 1; !end.signal.aborted; number += 1) yield { ...batchOf(number), isLatest: true };
    }
    const reader = async () => {
      for await (const _piece of pacer.pace(talking(), 60, end.signal)) told += 1;
    };
    const begun = performance.now();
    const readers = Array.from({ length: 300 }, reader);
    await sleep(1000);
    end.abort();
    await Promise.all(readers);
    const windows = (performance.now() - begun) / 75;
    assert.ok(told / 300 <= windows * 1.1 + 2, `${told / 300} messages each in ${windows} windows`); // the first, and the first short rest
  });

  it("ends a rest when nobody wants the log any more", async () => {
    const end = new AbortController();
    async function* log(): AsyncGenerator<LogPiece> {
      yield { ...batchOf(1), isLatest: true };
      assert.ok(end.signal.aborted);
    }
    const pacer = new LogPacer();
    const paced = pacer.pace(log(), 60, end.signal);
    await paced.next();
    const second = paced.next();
    end.abort();
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(await Promise.race([second, sleep(0, "it rests")]), { done: true, value: undefined });
  });

  it("goes on at once behind a full batch, and behind what is not the latest", async (t) => {
    t.mock.method(performance, "now", () => 1000);
    const pieces = [batchOf(1), batchOf(2, 255), batchOf(257, 256), batchOf(513, 3)];
    assert.deepEqual(await shapes(atOnce(...pieces, { ...batchOf(516, 2), isLatest: true })), [1, 511, 5]);
  });

  it("does not hold back what is full", async (t) => {
    t.mock.method(performance, "now", () => 1000);
    assert.deepEqual(await shapes(atOnce(batchOf(1, 256), batchOf(257, 256), batchOf(513, 256))), [256, 256, 256]);
    assert.deepEqual(await shapes(atOnce(batchOf(1), batchOf(2, 4, 65_536), batchOf(6), batchOf(7))), [1, 4, 2]);
  });

  it("keeps the order around a gap, and tells the rest at the end and before an error", async (t) => {
    t.mock.method(performance, "now", () => 1000);
    assert.deepEqual(await shapes(atOnce(batchOf(1), batchOf(2), gap, batchOf(3), batchOf(4))), [1, 1, "gap", 2]);
    const told: (number | string)[] = [];
    const failing = async () => {
      for await (const piece of new LogPacer().pace(failsBehind(batchOf(1), batchOf(2)), 60, never)) told.push(shape(piece));
    };
    await assert.rejects(failing, /broken/);
    assert.deepEqual(told, [1, 1]);
  });

  it("tells a heartbeat when nothing comes, and what comes afterwards", async () => {
    const silence = Promise.withResolvers<void>();
    async function* log(): AsyncGenerator<LogPiece> {
      yield batchOf(1);
      await silence.promise;
      yield batchOf(2);
    }
    const told: (number | string)[] = [];
    for await (const piece of new LogPacer().pace(log(), 0.05, never)) {
      told.push(shape(piece));
      if (told.length === 3) silence.resolve();
    }
    assert.deepEqual(told, [1, "heartbeat", "heartbeat", 1]);
  });

  it("ends the log when its reader leaves", async () => {
    let isOver = false;
    const paced = new LogPacer().pace(
      (async function* (): AsyncGenerator<LogPiece> {
        try {
          yield batchOf(1);
          yield batchOf(2);
        } finally {
          isOver = true;
        }
      })(),
      60,
      never,
    );
    await paced.next();
    await paced.return(undefined);
    await sleep(1);
    assert.equal(isOver, true);
  });

  it("gathers for longer the more readers keep up; the stalled do not count", async () => {
    const pacer = new LogPacer();
    async function* silentBehind(first: LogPiece, end: Promise<void>): AsyncGenerator<LogPiece> {
      yield first;
      await end;
    }
    const end = Promise.withResolvers<void>();
    const streams = Array.from({ length: 500 }, () => pacer.pace(silentBehind(batchOf(1), end.promise), 60, never));
    for (const stream of streams) await stream.next();
    assert.equal(pacer.windowMs, 20);
    const reading = streams.slice(0, 250).map((stream) => stream.next());
    assert.equal(pacer.windowMs, 62.5);
    reading.push(...streams.slice(250).map((stream) => stream.next()));
    assert.equal(pacer.windowMs, 125);
    end.resolve();
    assert.ok((await Promise.all(reading)).every(({ done }) => done === true));
    assert.equal(pacer.windowMs, 20);
  });
});

async function* failsBehind(...pieces: readonly LogPiece[]): AsyncGenerator<LogPiece> {
  yield* pieces;
  throw new Error("broken");
}

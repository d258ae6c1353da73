import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { describe, type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import type { HostError } from "../../../src/domain/host-error.ts";
import type { LogEntry, LogPiece, LogStart } from "../../../src/domain/log-entry.ts";
import { InstanceLog } from "../../../src/drivers/embedded/logs/instance-log.ts";
import { formatLogPosition } from "../../../src/drivers/embedded/logs/log-position.ts";
import { streamLog } from "../../../src/drivers/embedded/logs/log-stream.ts";
import { isTrimDue, type Retention, trimSegment } from "../../../src/drivers/embedded/logs/trim-segment.ts";
import { entriesOf, eventually } from "../../fixtures/embedded/temporary-host.ts";

const everything: LogStart = { type: "history", lines: 1e9 };

class LogBench {
  readonly directory = mkdtempSync("/var/tmp/l4m-log-");
  readonly notes: string[] = [];
  readonly retention: Retention;
  log: InstanceLog;
  seq = 0;
  path = "";

  constructor(t: TestContext, kept: { keptInvocations?: number; keptLogBytes?: number } = {}) {
    this.retention = { keptInvocations: 10, keptLogBytes: 64 << 20, log: (note: string) => this.notes.push(note), ...kept };
    this.log = new InstanceLog(this.directory, this.retention);
    t.after(async () => {
      await this.log.close();
      rmSync(this.directory, { recursive: true });
    });
  }

  async reload(): Promise<void> {
    await this.log.close();
    this.log = new InstanceLog(this.directory, this.retention);
  }

  begin(): void {
    this.seq += 1;
    this.path = this.log.begin(this.seq, `invocation${this.seq}`);
    this.log.record("STARTED", "game started");
    this.log.follow(false);
  }

  write(data: string | Uint8Array): void {
    appendFileSync(this.path, data);
  }

  /** Waits until all that was written has been seen, and what is too much of it has been trimmed. */
  async settled(): Promise<void> {
    const segment = this.log.segment(this.seq);
    await eventually(
      () => segment.visible === segment.size() && !isTrimDue(segment, this.retention),
      60_000,
      () => `${segment.visible} of ${segment.size()} seen, ${segment.trimmed} trimmed ${this.notes}`,
    );
  }

  /** A whole invocation. */
  play(data: string | Uint8Array): void {
    this.begin();
    this.write(data);
    this.log.finish("game exited with code 0");
  }

  async pieces(start: LogStart, follow = false, signal = new AbortController().signal): Promise<LogPiece[]> {
    const pieces: LogPiece[] = [];
    for await (const piece of streamLog(this.log, start, follow, signal)) pieces.push(piece);
    return pieces;
  }

  async entries(start = everything): Promise<LogEntry[]> {
    return entriesOf(await this.pieces(start));
  }

  async lines(start = everything): Promise<string[]> {
    return (await this.entries(start)).filter(({ event }) => event === undefined).map(({ message }) => message);
  }
}

describe("lines", () => {
  const cases: readonly (readonly [string, string | Uint8Array, readonly string[]])[] = [
    ["nothing", "", []],
    ["a last line without a line feed", "a\nb", ["a", "b"]],
    ["empty lines", "\n\na\n\n", ["", "", "a", ""]],
    ["carriage returns", "a\r\nb\r\r\n\r\nc\rd\n", ["a", "b\r", "", "c\rd"]],
    ["characters of many bytes", "zażółć\n🎮🎮\n", ["zażółć", "🎮🎮"]],
    ["a byte order mark and a NUL", "\uFEFFa\0b\n", ["\uFEFFa\0b"]],
  ];
  for (const [title, data, expected] of cases) {
    test(title, async (t) => {
      const bench = new LogBench(t);
      bench.play(data);
      assert.deepEqual(await bench.lines(), expected);
    });
  }

  test("bytes that are not UTF-8 are replaced, and kept in raw", async (t) => {
    const bench = new LogBench(t);
    bench.play(Buffer.concat([Buffer.from("good\nbad "), Buffer.from([0xff, 0xc3]), Buffer.from("\nend\n")]));
    const [, good, bad, end] = await bench.entries();
    assert.deepEqual([good?.raw, end?.raw, bad?.message], [undefined, undefined, "bad \uFFFD\uFFFD"]);
    assert.deepEqual(Buffer.from(bad?.raw ?? []), Buffer.concat([Buffer.from("bad "), Buffer.from([0xff, 0xc3])]));
  });

  test("a line over 64 KiB comes in parts that do not cut a character", async (t) => {
    const bench = new LogBench(t);
    const long = `${"x".repeat(65535)}ż${"y".repeat(70_000)}`;
    bench.play(`${"a".repeat(65536)}\n${long}\nend\n`);
    const lines = (await bench.entries()).filter(({ event }) => event === undefined);
    assert.deepEqual(
      lines.map(({ partial }) => partial),
      [false, true, true, false, false],
    );
    assert.equal(
      lines
        .slice(1, 4)
        .map(({ message }) => message)
        .join(""),
      long,
    );
    assert.ok(lines.every(({ raw, message }) => raw === undefined && Buffer.byteLength(message) <= 65536));
  });

  test("however the bytes come, the entries are the same, and a stream resumes at each of them", async () => {
    const piece = fc.oneof(
      fc.constantFrom("a\n", "\n", "\r\n", "ż", "🎮", "x".repeat(65_535), "y".repeat(70_000), "line\n"),
      fc.uint8Array({ maxLength: 20 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
        const after: (() => unknown)[] = [];
        const t = { after: (work: () => unknown) => after.push(work) } as unknown as TestContext;
        const [whole, parts] = [new LogBench(t), new LogBench(t)];
        whole.play(Buffer.concat(pieces.map((data) => Buffer.from(data))));
        parts.begin();
        const live: string[] = [];
        for (const data of pieces) {
          parts.write(data);
          parts.log.record("READY", "mark");
          live.push(...(await parts.entries()).map(({ position }) => position));
        }
        parts.log.finish("game exited with code 0");
        const plain = (entries: LogEntry[]) =>
          entries.filter(({ event }) => event !== "READY").map(({ message, raw, partial }) => ({ message, raw, partial }));
        const all = await parts.entries();
        assert.deepEqual(plain(all), plain(await whole.entries()));
        for (const [index, { position }] of all.entries()) {
          assert.deepEqual(await parts.entries({ type: "position", position }), all.slice(index + 1));
        }
        const known = new Set(all.map(({ position }) => position));
        assert.ok(live.every((position) => known.has(position)));
        for (const work of after) await work();
      }),
      { numRuns: 25 },
    );
  });

  test("what is read at once is a batch, however short the lines and many the events", async (t) => {
    const bench = new LogBench(t);
    bench.begin();
    for (let count = 0; count < 300; count += 1) bench.log.record("READY", `ready ${count}`);
    bench.write("\n".repeat(3000));
    bench.log.finish("game exited with code 0");
    let read = 0;
    for (let next = { seq: 1, offset: 0, events: 0 }; ; ) {
      const result = await bench.log.read(next);
      if (result.entries.length === 0) break;
      assert.ok(result.entries.length <= 256, `${result.entries.length} at once`);
      read += result.entries.length;
      next = result.next;
    }
    assert.equal(read, 1 + 300 + 3000 + 1);
    assert.equal((await bench.entries()).length, read);
  });

  test("what is asked for is true of the moment: lines that the kernel has not told yet are history", async (t) => {
    const bench = new LogBench(t);
    bench.begin();
    bench.write("just written\n");
    assert.deepEqual(await bench.lines(), ["just written"]);
    bench.write("written before the next reader came\n");
    const reader = streamLog(bench.log, { type: "history", lines: 0 }, true, AbortSignal.timeout(60_000));
    const first = reader.next();
    bench.write("and after\n");
    const { value } = (await first) as IteratorYieldResult<LogPiece>;
    assert.deepEqual(
      entriesOf([value]).map(({ message }) => message),
      ["and after"],
    );
    await reader.return(undefined);
  });

  test("a last line of a running game waits for its line feed", async (t) => {
    const bench = new LogBench(t);
    bench.begin();
    bench.write("whole\nhal");
    await eventually(
      () => bench.log.newest()?.visible === 9,
      60_000,
      () => "not seen",
    );
    assert.deepEqual(await bench.lines(), ["whole"]);
    bench.log.record("READY", "game is ready");
    bench.write("f\n");
    bench.log.finish("game exited with code 0");
    assert.deepEqual(
      (await bench.entries()).map(({ message }) => message),
      ["game started", "whole", "game is ready", "half", "game exited with code 0"],
    );
  });
});

describe("history", () => {
  const played = (t: TestContext) => {
    const bench = new LogBench(t);
    bench.log.record("RESET", "before the first");
    for (let run = 1; run <= 3; run += 1)
      bench.play(Array.from({ length: 40 }, (_, line) => `${run}.${line} ${"x".repeat((line * 7919) % 5000)}\n`).join(""));
    bench.log.record("RESTARTING", "restarting");
    bench.begin();
    bench.write("4.0\n4.1\n4.2");
    bench.log.record("READY", "game is ready");
    return bench;
  };

  test("the last N entries, for every N", async (t) => {
    const bench = played(t);
    const all = await bench.entries();
    assert.equal(all.length, 1 + 3 * 42 + 1 + 4);
    for (let lines = 0; lines <= all.length + 1; lines += 1) {
      assert.deepEqual(await bench.entries({ type: "history", lines }), lines === 0 ? [] : all.slice(-lines), `the last ${lines}`);
    }
  });

  test("one invocation, and an unknown one", async (t) => {
    const bench = played(t);
    const all = await bench.entries();
    const second = all.filter(({ invocationId }) => invocationId === "invocation2");
    assert.deepEqual(await bench.entries({ type: "history", lines: 1e9, invocationId: "invocation2" }), second);
    assert.deepEqual(await bench.entries({ type: "history", lines: 5, invocationId: "invocation2" }), second.slice(-5));
    assert.deepEqual(entriesOf(await bench.pieces({ type: "history", lines: 5, invocationId: "invocation2" }, true)), second.slice(-5));
    for (const invocationId of ["none", ""]) {
      await assert.rejects(
        bench.entries({ type: "history", lines: 5, invocationId }),
        (error: HostError) => error.reason === "INVOCATION_NOT_FOUND",
      );
    }
  });

  test("since a time, at every entry's time", async (t) => {
    const bench = new LogBench(t);
    for (let run = 0; run < 2; run += 1) {
      bench.begin();
      for (let line = 0; line < 4; line += 1) {
        bench.write(`${run}.${line}\n`);
        await sleep(25);
      }
      bench.log.finish("game exited with code 0");
    }
    const all = await bench.entries();
    for (const { time } of all) {
      const newer = all.filter((entry) => entry.time >= time);
      assert.deepEqual(await bench.entries({ type: "history", lines: 1e9, since: time }), newer);
      assert.deepEqual(await bench.entries({ type: "history", lines: 2, since: time }), newer.slice(-2));
    }
    assert.deepEqual(await bench.entries({ type: "history", lines: 9, since: new Date(Date.now() + 1000) }), []);
    assert.deepEqual(await bench.entries({ type: "history", lines: 1e9, since: new Date(0) }), all);
  });

  test("what is no position is refused", async (t) => {
    const bench = played(t);
    for (const position of ["x", "1", "1.0", "1.0.0.0", "-1.0.0", "01.0.0", "1.3.0", "1.0.7", "9.0.0", "1.99999999999999999.0", " 1.0.0"]) {
      await assert.rejects(
        bench.entries({ type: "position", position }),
        (error: HostError) => error.reason === "INVALID_CURSOR",
        position,
      );
    }
  });

  test("times and entries are the same after a restart of the daemon", async (t) => {
    const bench = played(t);
    const before = await bench.entries();
    await bench.reload();
    assert.deepEqual(await bench.entries(), before);
    bench.write(" late\n");
    bench.log.follow(true);
    const after = await bench.entries();
    assert.deepEqual(after.slice(0, -1), before);
    assert.deepEqual([after.at(-1)?.message, after.at(-1)?.timeEstimated], ["4.2 late", true]);
  });

  test("the end is behind the last entry", async (t) => {
    const bench = new LogBench(t);
    assert.equal(bench.log.end(), undefined);
    bench.begin();
    bench.write("a\nb");
    bench.log.record("READY", "ready");
    const end = bench.log.end();
    assert.equal(end && formatLogPosition(end), (await bench.entries()).at(-1)?.position);
    assert.deepEqual(await bench.entries({ type: "position", position: end ? formatLogPosition(end) : "" }), []);
  });
});

describe("retention", () => {
  test("dropped invocations are a gap", async (t) => {
    const bench = new LogBench(t, { keptInvocations: 2 });
    for (let run = 1; run <= 4; run += 1) bench.play(`${run}\n`);
    assert.deepEqual(await bench.lines(), ["3", "4"]);
    const [gap, batch] = await bench.pieces({ type: "position", position: "1.2.0" });
    assert.deepEqual(gap, { type: "gap", reason: "TRIMMED", position: "3.0.0" });
    assert.equal(batch?.type, "batch");
    assert.equal((await bench.pieces({ type: "position", position: "" }))[0]?.type, "gap");
  });

  test("a trimmed head is a gap, frees its blocks and keeps every position", async (t) => {
    const bench = new LogBench(t, { keptLogBytes: 256 * 1024 });
    const begun = Date.now();
    bench.begin();
    const line = `${"x".repeat(99)}\n`;
    const first = await bench.entries();
    for (let round = 0; round < 10; round += 1) {
      bench.write(line.repeat(1000));
      await sleep(30);
    }
    await bench.settled();
    await eventually(
      () => statSync(bench.path).blocks * 512 < 500_000,
      60_000,
      () => `${statSync(bench.path).blocks} blocks ${bench.notes}`,
    );
    const trimmed = bench.log.newest()?.trimmed ?? 0;
    assert.ok(trimmed > 600_000 && trimmed % 100 === 0, `${trimmed}`);
    const pieces = await bench.pieces({ type: "position", position: first[0]?.position ?? "" });
    assert.deepEqual(pieces[0], { type: "gap", reason: "TRIMMED", position: `1.${trimmed}.0` });
    const entries = entriesOf(pieces);
    assert.equal(entries.length, (1_000_000 - trimmed) / 100);
    assert.ok(entries.every(({ message, time }) => message.length === 99 && time.getTime() >= begun));
    assert.deepEqual(await bench.entries(), entries);
  });

  test("a reader that is too slow is told how many entries it lost, events among them, in however many turns", async (t) => {
    const bench = new LogBench(t, { keptLogBytes: 64 * 1024 });
    bench.begin();
    const abort = new AbortController();
    const stream = streamLog(bench.log, everything, true, abort.signal);
    const first = (await stream.next()).value as LogPiece;
    assert.deepEqual(
      entriesOf([first]).map(({ event }) => event),
      ["STARTED"],
    );
    const long = `${"y".repeat(150_000)}\n`; // three entries: two parts and the rest
    let written = 0;
    // Until it has been trimmed several times; each trim is a process.
    const limit = Date.now() + 60_000;
    for (let round = 0; (bench.log.newest()?.trimmed ?? 0) < 300_000 && Date.now() < limit; round += 1) {
      bench.write(`${"x".repeat(99)}\n`.repeat(300) + (round === 1 ? long : ""));
      bench.log.record("READY", "ready again");
      written += 300 + (round === 1 ? 3 : 0) + 1;
      await sleep(60);
    }
    assert.ok((bench.log.newest()?.trimmed ?? 0) >= 300_000, bench.notes.join());
    await bench.settled();
    let [lost, read] = [0, 0];
    for (let isLatest = false; !isLatest; ) {
      const piece = (await stream.next()).value as LogPiece;
      if (piece.type === "batch") {
        read += piece.entries.length;
        isLatest = piece.isLatest === true;
        continue;
      }
      assert.equal(piece.reason, "TRIMMED");
      lost += piece.lost ?? Number.NaN;
    }
    assert.ok(lost > 0);
    assert.equal(lost, written - read);
    abort.abort();
    await stream.return(undefined);
  });

  test("what is dropped while a trim counts is not begun anew", async (t) => {
    const bench = new LogBench(t, { keptInvocations: 1, keptLogBytes: 64 * 1024 });
    bench.begin();
    const stream = streamLog(bench.log, everything, true, new AbortController().signal);
    await stream.next(); // a reader, for whom there is something to count
    bench.write(`${"x".repeat(99)}\n`.repeat(100_000));
    bench.log.finish("game exited with code 0");
    bench.log.segment(1).see(Date.now(), false);
    const counting = trimSegment(bench.log.segment(1), { keptInvocations: 1, keptLogBytes: 1024, log: () => {} }, bench.log.readers);
    bench.begin();
    assert.equal(await counting, false);
    assert.deepEqual(
      readdirSync(bench.directory).filter((name) => name.startsWith("1.")),
      [],
    );
    await stream.return(undefined);
  });

  test("a log that is shorter than a position is a gap", async (t) => {
    const bench = new LogBench(t);
    bench.play("a\nb\n");
    const [gap] = await bench.pieces({ type: "position", position: "1.100.0" });
    assert.deepEqual(gap, { type: "gap", reason: "STORAGE_LOST", position: "1.4.1" });
  });
});

describe("following", () => {
  test("lines come soon, across invocations, until the instance is removed", async (t) => {
    const bench = new LogBench(t);
    const got: string[] = [];
    const delays: number[] = [];
    let written = 0;
    const told = (text: string) =>
      eventually(
        () => got.at(-1) === text,
        60_000,
        () => `no ${text} in ${got}`,
      );
    const following = (async () => {
      for await (const piece of streamLog(bench.log, { type: "history", lines: 0 }, true, new AbortController().signal)) {
        for (const { message, event } of entriesOf([piece])) {
          got.push(event ?? message);
          if (event === undefined) delays.push(performance.now() - written);
        }
      }
    })();
    for (let run = 0; run < 2; run += 1) {
      bench.begin();
      for (let line = 0; line < 5; line += 1) {
        written = performance.now();
        bench.write(`${run}.${line}\n`);
        await told(`${run}.${line}`);
      }
      bench.log.finish("game exited with code 0");
    }
    await told("EXITED");
    bench.log.remove();
    await following;
    assert.deepEqual(
      got,
      [0, 1].flatMap((run) => ["STARTED", ...[0, 1, 2, 3, 4].map((line) => `${run}.${line}`), "EXITED"]),
    );
    assert.ok((delays.toSorted((a, b) => a - b)[5] ?? 0) < 1000, `delays ${delays}`);
  });

  test("who comes while the instance is removed is told that it has gone, not that its files have", async (t) => {
    const bench = new LogBench(t);
    bench.begin();
    bench.write("line\n");
    await bench.settled();
    rmSync(bench.path);
    const removing = bench.log.remove();
    for (const lines of [10, 1e9, 0xffff_ffff]) {
      for await (const piece of streamLog(bench.log, { type: "history", lines }, true, new AbortController().signal))
        assert.fail(JSON.stringify(piece));
    }
    await removing;
  });

  test("it ends when its signal aborts, and leaves nobody waiting", async (t) => {
    const bench = new LogBench(t);
    const abort = new AbortController();
    const following = bench.pieces(everything, true, abort.signal);
    await sleep(20);
    abort.abort();
    assert.deepEqual(await following, []);
  });

  test("many followers get all, also a slow one", async (t) => {
    const bench = new LogBench(t);
    bench.begin();
    const abort = new AbortController();
    const counts = Array.from({ length: 50 }, () => 0);
    const followers = counts.map(async (_, index) => {
      for await (const piece of streamLog(bench.log, everything, true, abort.signal)) {
        counts[index] = (counts[index] ?? 0) + entriesOf([piece]).length;
        if (index === 0) await sleep(5);
      }
    });
    for (let round = 0; round < 20; round += 1) {
      bench.write("line\n".repeat(100));
      await sleep(5);
    }
    await eventually(
      () => counts.every((count) => count === 2001),
      60_000,
      () => `${counts}`,
    );
    abort.abort();
    await Promise.all(followers);
  });
});

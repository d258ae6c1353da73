import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { eventually, everything, JournalBench, keys } from "./journal-bench.ts";

const [one, two] = ["1".repeat(32), "2".repeat(32)];
const texts = ({ entries }: { entries: readonly { message: string; event?: string }[] }) =>
  entries.map(({ message, event }) => event ?? message);

/** An instance that has started and is followed; another has printed before. */
async function followed(t: TestContext) {
  const bench = new JournalBench(t);
  const server = bench.instance("a", "uid-a");
  bench.fake.write("b", "before");
  await bench.journal.open();
  bench.event(server, "STARTED", one);
  const live = bench.follow(server);
  await sleep(20);
  return { bench, server, live };
}

test("events stand where they belong, whenever D-Bus tells them", async (t) => {
  const bench = new JournalBench(t);
  const server = bench.instance("a", "uid-a");
  await bench.journal.open();
  const live = bench.follow(server);
  await sleep(20);
  bench.fake.write("a", "first", one); // before its STARTED is known
  bench.event(server, "STARTED", one);
  bench.fake.write("a", "booted", one);
  bench.event(server, "READY", one);
  bench.event(server, "STOPPING", one);
  bench.fake.write("a", "shutting down", one);
  bench.event(server, "EXITED", one);
  bench.fake.write("a", "last words", one); // journald was behind
  bench.fake.write("a", "again", two);
  bench.event(server, "STARTED", two);
  await eventually("all of it", () => live.entries.length === 10);
  const expected = ["STARTED", "first", "booted", "READY", "STOPPING", "shutting down", "last words", "EXITED", "STARTED", "again"];
  assert.deepEqual(texts(live), expected);
  assert.deepEqual(keys(await bench.read(server)), keys(live));
  await bench.reopen();
  assert.deepEqual(keys(await bench.read(server)), keys(live));
  live.stop();
});

test("nobody has read the log yet: the first lines of the first run stand behind its STARTED all the same", async (t) => {
  const bench = new JournalBench(t);
  const server = bench.instance("a", "uid-a");
  bench.fake.write("b", "another's");
  await bench.journal.open();
  bench.journal.add(server);
  bench.fake.write("a", "first", one);
  bench.fake.deliver();
  await sleep(20);
  bench.event(server, "STARTED", one);
  const told = await bench.read(server);
  assert.deepEqual(texts(told), ["STARTED", "first"]);
  await bench.reopen();
  assert.deepEqual(keys(await bench.read(server)), keys(told));
});

test("lines without a STARTED come all the same", async (t) => {
  const bench = new JournalBench(t);
  const server = bench.instance("a", "uid-a");
  bench.fake.write("b", "another's");
  await bench.journal.open();
  const live = bench.follow(server);
  await sleep(20);
  bench.fake.write("a", "unknown", one);
  await eventually("the line", () => live.entries.length === 1);
  bench.event(server, "STARTED", one);
  await eventually("the event", () => live.entries.length === 2);
  assert.deepEqual(keys(await bench.read(server)), keys(live));
  assert.deepEqual(texts(await bench.read(server, { type: "history", lines: 1e12, invocationId: one })), ["unknown", "STARTED"]);
  live.stop();
});

test("following a run that the events do not know ends where the next one began", { timeout: 30_000 }, async (t) => {
  const bench = new JournalBench(t);
  const server = bench.instance("a", "uid-a");
  bench.fake.write("a", "old", one);
  await bench.journal.open();
  const live = bench.follow(server, { type: "history", lines: 1e12, invocationId: one });
  await eventually("the line", () => live.entries.length === 1);
  live.stop(); // it may go on
  await live.over;
  bench.event(server, "STARTED", two);
  bench.fake.write("a", "new", two);
  await bench.read(server);
  const late = bench.follow(server, { type: "history", lines: 1e12, invocationId: one });
  await late.over;
  assert.deepEqual(texts(late), ["old"]);
});

test("a hole in what journalctl tells is a gap for everybody, and stays one", async (t) => {
  const bench = new JournalBench(t);
  const server = bench.instance("a", "uid-a");
  bench.fake.write("b", "before");
  await bench.journal.open();
  bench.event(server, "STARTED", one);
  const live = bench.follow(server);
  bench.fake.write("a", "heard", one);
  await eventually("the line", () => live.entries.length === 2);
  bench.fake.isPrompt = false;
  bench.fake.killFollowers();
  for (let count = 0; count < 10; count += 1) bench.fake.write("a", `lost ${count}`, one);
  bench.fake.write("a", "kept", one);
  bench.fake.drop(13);
  await eventually("the gap", () => live.gaps.length === 1 && live.entries.length === 3);
  assert.deepEqual([live.gaps[0]?.reason, live.gaps[0]?.lost, texts(live)], ["TRIMMED", undefined, ["STARTED", "heard", "kept"]]);
  const resumed = await bench.read(server, { type: "position", position: live.entries[1]?.position ?? "" });
  assert.deepEqual([resumed.gaps.length, texts(resumed)], [1, ["kept"]]);
  const behind = await bench.read(server, { type: "position", position: live.gaps[0]?.position ?? "" });
  assert.deepEqual([behind.gaps.length, texts(behind)], [0, ["kept"]]);
  live.stop();
});

test("a live journalctl that is overtaken is a gap, behind all that came before it", async (t) => {
  const bench = new JournalBench(t);
  const server = bench.instance("a", "uid-a");
  bench.fake.write("b", "before");
  await bench.journal.open();
  const live = bench.follow(server);
  await sleep(20);
  bench.fake.write("a", "waits for its STARTED", one);
  bench.fake.write("a", "half of a line", one, "line-max");
  bench.fake.isPrompt = false;
  for (let count = 0; count < 10; count += 1) bench.fake.write("a", `lost ${count}`, one);
  bench.fake.write("a", "kept", one);
  bench.fake.drop(14);
  bench.fake.deliver();
  await eventually("the gap", () => live.gaps.length === 1);
  bench.event(server, "STARTED", one);
  await eventually("the line behind it", () => live.entries.length === 4);
  assert.deepEqual(texts(live), ["waits for its STARTED", "half of a line", "STARTED", "kept"]);
  assert.deepEqual([live.gaps[0]?.reason, live.gaps[0]?.lost], ["TRIMMED", undefined]);
  for (const [position, expected] of [
    [live.entries[1]?.position, [1, "STARTED", "kept"]],
    [live.gaps[0]?.position, [0, "STARTED", "kept"]],
  ] as const) {
    const resumed = await bench.read(server, { type: "position", position: position ?? "" });
    assert.deepEqual([resumed.gaps.length, ...texts(resumed)], expected);
  }
  live.stop();
});

test("a number that journald gave to no entry, where it began a file, is no gap; elsewhere it is one", async (t) => {
  const { bench, live } = await followed(t);
  bench.fake.write("a", "fills the file", one);
  bench.fake.skip();
  bench.fake.write("a", "begins the next", one);
  await eventually("both lines", () => live.entries.length === 3);
  assert.deepEqual(live.gaps, []);
  bench.fake.isPrompt = false;
  bench.fake.write("a", "damaged", one);
  bench.fake.entries.pop();
  bench.fake.write("a", "whole", one);
  bench.fake.deliver();
  await eventually("the last line", () => live.entries.length === 4);
  assert.equal(live.gaps.length, 1);
  live.stop();
});

test("an entry that journald wrote again, as the first of a file, is told once, live and later; equal lines are told as often as they came", async (t) => {
  const { bench, server, live } = await followed(t);
  bench.fake.write("a", "equal", one);
  bench.fake.writeAgain();
  bench.fake.write("a", "fills the file", one);
  bench.fake.repeat();
  bench.fake.write("a", "next", one);
  await eventually("all lines", () => live.entries.length >= 5);
  assert.deepEqual(texts(live), ["STARTED", "equal", "equal", "fills the file", "next"]);
  assert.deepEqual(live.gaps, []);
  await bench.reopen();
  const later = await bench.read(server);
  assert.deepEqual(keys(later), keys(live));
  for (const [index, { position }] of later.entries.entries())
    assert.deepEqual(keys(await bench.read(server, { type: "position", position })), keys(later).slice(index + 1));
  live.stop();
});

test("what is dropped between the look at the journal and its reading is a gap", async (t) => {
  const bench = new JournalBench(t);
  const server = bench.instance("a", "uid-a");
  bench.fake.write("b", "before");
  await bench.journal.open();
  bench.event(server, "STARTED", one);
  for (let count = 1; count <= 600; count += 1) bench.fake.write("a", `line ${count}`, one);
  const { position = "" } = (await bench.read(server)).entries[10] ?? {};
  await bench.reopen();
  await bench.journal.logEnd(server); // the ring has the last lines
  bench.fake.beforeRead = () => bench.fake.drop(102);
  const resumed = await bench.read(server, { type: "position", position });
  assert.deepEqual([resumed.gaps.map(({ reason }) => reason), resumed.entries.length], [["TRIMMED"], 500]);
});

test("the end of a log, and its last lines", async (t) => {
  const bench = new JournalBench(t);
  const server = bench.instance("a", "uid-a");
  bench.fake.write("b", "another's");
  await bench.journal.open();
  assert.equal(await bench.journal.logEnd(server), "");
  bench.event(server, "STARTED", one);
  for (let count = 1; count <= 1000; count += 1) bench.fake.write("a", `line ${count}`, one);
  bench.fake.write("a", "x".repeat(48 * 1024), one, "line-max");
  bench.fake.write("a", "x".repeat(48 * 1024), one, "line-max");
  bench.fake.write("a", "x".repeat(5000), one);
  const all = await bench.read(server);
  assert.equal(all.entries.length, 1003);
  assert.equal(await bench.journal.logEnd(server), all.entries.at(-1)?.position);
  for (const round of ["same daemon", "new daemon"]) {
    for (const lines of [1, 2, 255, 256, 300, 1001, 1002, 5000]) {
      const { entries } = await bench.read(server, { type: "history", lines });
      // The long line is one, in two parts.
      assert.deepEqual(keys({ entries }), keys(all).slice(-(lines + 1)), `${lines} of the ${round}`);
    }
    await bench.reopen();
  }
});

test("a daemon that begins within a flood loses nothing", async (t) => {
  const bench = new JournalBench(t);
  const server = bench.instance("a", "uid-a");
  bench.fake.write("b", "another's");
  await bench.journal.open();
  bench.event(server, "STARTED", one);
  for (let count = 1; count <= 400; count += 1) bench.fake.write("a", `line ${count}`, one);
  const { position = "" } = (await bench.read(server)).entries[200] ?? {};
  await bench.reopen();
  const live = bench.follow(server, { type: "position", position });
  for (let count = 401; count <= 1500; count += 1) bench.fake.write("a", `line ${count}`, one);
  await eventually("the last line", () => live.entries.at(-1)?.message === "line 1500");
  assert.deepEqual([live.entries.length, live.gaps], [1300, []]);
  for (const lines of [1, 300, 1400]) assert.equal((await bench.read(server, { type: "history", lines })).entries.length, lines);
  live.stop();
});

test("a batch is 256 entries and 256 KiB at the most, from the journal and from memory", async (t) => {
  const bench = new JournalBench(t);
  const server = bench.instance("a", "uid-a");
  bench.fake.write("b", "another's");
  await bench.journal.open();
  bench.event(server, "STARTED", one);
  for (let count = 1; count <= 300; count += 1) bench.fake.write("a", `short ${count}`, one);
  for (let count = 1; count <= 30; count += 1) bench.fake.write("a", "x".repeat(47 * 1024), one);
  bench.fake.write("a", new Uint8Array(40 * 1024).fill(0xff), one);
  for (const round of ["memory", "journal"]) {
    let entries = 0;
    for await (const piece of bench.journal.logs(server, everything, false, AbortSignal.timeout(60_000))) {
      assert.ok(piece.type === "batch" && piece.entries.length <= 256, round);
      const bytes = piece.entries.reduce((sum, { message, raw }) => sum + message.length + (raw?.length ?? 0), 0);
      assert.ok(bytes <= 256 * 1024, `${bytes} bytes from ${round}`);
      entries += piece.entries.length;
    }
    assert.equal(entries, 332, round);
    await bench.reopen();
  }
});

test("a namesake's log is another's", async (t) => {
  const bench = new JournalBench(t);
  await bench.journal.open();
  const earlier = bench.instance("a", "uid-earlier");
  bench.event(earlier, "STARTED", one);
  bench.fake.write("a", "earlier", one);
  const live = bench.follow(earlier);
  const { entries } = await bench.read(earlier);
  await bench.journal.remove(earlier);
  await live.over;
  assert.deepEqual(keys(live), keys({ entries }));
  await sleep(5);
  const present = bench.instance("a", "uid-present");
  assert.deepEqual((await bench.read(present)).entries, []);
  await assert.rejects(bench.read(present, { type: "position", position: entries[0]?.position ?? "" }), { reason: "INVALID_CURSOR" });
  await assert.rejects(bench.read(present, { type: "history", lines: 9, invocationId: one }), { reason: "INVOCATION_NOT_FOUND" });
});

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}

type Step = "line" | "piece" | "other" | "event" | "restart" | "kill" | "reopen" | "sleep";
const step = fc.constantFrom<Step>("line", "line", "line", "piece", "other", "event", "restart", "kill", "reopen", "sleep");

test("whatever happens: one order, and from any place the rest of it", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.boolean(), async (steps, isPrompt) => {
      const bench = new JournalBench();
      try {
        bench.fake.write("b", "the journal has begun");
        await bench.journal.open();
        bench.fake.isPrompt = isPrompt;
        const server = bench.instance("a", "uid-a");
        const seen: string[] = [];
        let run = 1;
        const id = () => run.toString(16).padStart(32, "0");
        bench.event(server, "STARTED", id());
        let live = bench.follow(server);
        let number = 0;
        for (const each of steps) {
          number += 1;
          if (each === "line") bench.fake.write("a", `line ${number}`, id());
          if (each === "piece") bench.fake.write("a", String(number % 10).repeat(40_000), id(), "line-max");
          if (each === "other") bench.fake.write("b", "another's");
          if (each === "event") bench.event(server, number % 2 === 0 ? "READY" : "STOPPING", id());
          if (each === "sleep") await sleep(2);
          if (each === "kill") bench.fake.killFollowers();
          if (each === "restart") {
            bench.event(server, "EXITED", id());
            run += 1;
            if (number % 2 === 0) bench.fake.write("a", `eager ${number}`, id());
            bench.event(server, "STARTED", id());
          }
          if (each === "reopen") {
            // A daemon that begins within a long line tells its parts as lines.
            bench.fake.write("a", `whole ${number}`, id());
            const { position = "" } = (await bench.read(server)).entries.at(-1) ?? {};
            await eventually("the reader", () => (live.entries.at(-1)?.position ?? seen.at(-1)?.split(" ").at(-1)) === position);
            seen.push(...keys(live));
            await bench.reopen();
            live = bench.follow(server, { type: "position", position });
          }
        }
        bench.event(server, "EXITED", id());
        await eventually("the end", () => live.entries.at(-1)?.event === "EXITED" && live.entries.at(-1)?.invocationId === id());
        seen.push(...keys(live));
        assert.deepEqual(live.gaps, []);
        const stored = await bench.read(server);
        assert.deepEqual(keys(stored), seen);
        await bench.reopen();
        assert.deepEqual(keys(await bench.read(server)), seen);
        for (const index of [0, Math.floor(seen.length / 2), seen.length - 1]) {
          const { position = "" } = stored.entries[index] ?? {};
          assert.deepEqual(keys(await bench.read(server, { type: "position", position })), seen.slice(index + 1));
        }
        live.stop();
      } finally {
        await bench.destroy();
      }
    }),
    { numRuns: 60, examples: [[["restart", "piece", "sleep", "line"], false]] },
  );
});

test("one follows and stalls, 200 000 lines come: memory stays", { timeout: 600_000 }, async (t) => {
  const bench = new JournalBench(t);
  bench.fake.write("b", "the journal has begun");
  await bench.journal.open();
  const server = bench.instance("a", "uid-a");
  bench.event(server, "STARTED", one);
  const stalled = bench.journal.logs(server, everything, true, new AbortController().signal)[Symbol.asyncIterator]();
  await stalled.next();
  bench.fake.isPrompt = false;
  let peak = 0;
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let round = 0; round < 100; round += 1) {
    for (let count = 0; count < 2000; count += 1) bench.fake.write("a", `line ${round} ${count}`, one);
    bench.fake.deliver();
    await bench.journal.logEnd(server);
    bench.fake.entries = bench.fake.entries.slice(-1);
    if (round % 10 === 9) collectGarbage();
    else continue;
    peak = Math.max(peak, process.memoryUsage().heapUsed - before);
  }
  assert.ok(peak < 80e6, `${Math.round(peak / 1e6)} MB`);
  const piece = await stalled.next();
  assert.equal(piece.value?.type, "gap");
  await stalled.return?.(undefined);
});

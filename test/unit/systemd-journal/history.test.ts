import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { LogPiece } from "../../../src/domain/log-entry.ts";
import { eventually, JournalBench } from "./journal-bench.ts";

const invocationId = "1".repeat(32);
const lines = 6000;

/** A daemon that has only the end of a long log in memory. `stream` begins behind the line with a number. */
async function longLog(t: TestContext) {
  const bench = new JournalBench(t);
  const server = bench.instance("a", "uid-a");
  bench.fake.write("b", "another's");
  await bench.journal.open();
  bench.event(server, "STARTED", invocationId);
  for (let count = 1; count <= lines; count += 1) bench.fake.write("a", `line ${count}`, invocationId);
  const { entries } = await bench.read(server);
  await bench.reopen();
  await bench.journal.logEnd(server);
  Object.assign(bench.fake.reading, { most: 0, ever: 0 });
  const from = (position: string, signal = AbortSignal.timeout(60_000)) =>
    bench.journal.logs(server, { type: "position", position }, true, signal);
  const stream = (line: number, signal?: AbortSignal) => from(entries[line]?.position ?? "", signal);
  return { fake: bench.fake, stream, from };
}

/** Reads on to the last line; checks that no line is missing. */
async function readOn(stream: AsyncGenerator<LogPiece>, first: number, piece: IteratorResult<LogPiece>): Promise<void> {
  let next = first;
  for (let result = piece; ; result = await stream.next()) {
    assert.equal(result.value?.type, "batch");
    for (const { message } of result.value.entries) {
      assert.equal(message, `line ${next}`);
      next += 1;
    }
    if (next > lines) break;
  }
  await stream.return(undefined);
}

test("200 readers come back after a restart: few journalctl at once, and none while they stall", async (t) => {
  const { fake, stream } = await longLog(t);
  const places = Array.from({ length: 200 }, (_, index) => 2001 + (index % 40) * 90);
  const streams = places.map((line) => stream(line));
  const pieces = await Promise.all(streams.map((each) => each.next()));
  assert.deepEqual([fake.reading.now, fake.reading.most], [0, 4]);
  await Promise.all(streams.map((each, index) => readOn(each, (places[index] ?? 0) + 1, pieces[index] as IteratorResult<LogPiece>)));
  assert.equal(fake.reading.most, 4);
});

test("a file that journald archives while journalctl looks for files is not missed", async (t) => {
  const { fake, stream } = await longLog(t);
  fake.archiveUnseen();
  const reader = stream(1000);
  await readOn(reader, 1001, await reader.next());
});

test("readers at the same place share a journalctl", async (t) => {
  const { fake, stream } = await longLog(t);
  const streams = Array.from({ length: 100 }, () => stream(1000));
  await Promise.all(streams.map(async (each) => readOn(each, 1001, await each.next())));
  assert.ok(fake.reading.ever < 50, `${fake.reading.ever} journalctl`);
});

test("a reader that leaves before its turn is let go at once, and nothing is read for it", async (t) => {
  const { fake, stream } = await longLog(t);
  const busy = Promise.withResolvers<void>();
  fake.busy = busy.promise;
  const leave = new AbortController();
  const staying = [100, 200, 300, 400].map((line) => stream(line));
  const firsts = staying.map((each) => each.next());
  await eventually("four turns", () => fake.reading.ever === 4);
  const leaving = stream(500, leave.signal).next();
  await sleep(20);
  leave.abort();
  assert.equal((await leaving).done, true);
  busy.resolve();
  await Promise.all(firsts);
  assert.equal(fake.reading.ever, 4);
  for (const each of staying) await each.return(undefined);
});

test("readers that leave free their turns, also when journalctl prints nothing", async (t) => {
  const { fake, stream } = await longLog(t);
  fake.busy = new Promise(() => {});
  const leave = new AbortController();
  const leaving = [100, 200, 300, 400].map((line) => stream(line, leave.signal).next());
  await eventually("four turns", () => fake.reading.now === 4);
  leave.abort();
  await Promise.all(leaving);
  await eventually("their end", () => fake.reading.now === 0);
  fake.busy = Promise.resolve();
  const next = stream(500);
  assert.equal((await next.next()).value.type, "batch");
  await next.return(undefined);
});

test("what is dropped between two pieces is a gap", async (t) => {
  const { fake, stream, from } = await longLog(t);
  const reader = stream(10);
  const told: LogPiece[] = [];
  for (let count = 0; count < 3; count += 1) told.push((await reader.next()).value);
  fake.drop(5502);
  let seen = told.flatMap((piece) => (piece.type === "batch" ? piece.entries : [])).length;
  let gap: LogPiece | undefined;
  while (seen < lines - 10 && gap === undefined) {
    const piece: LogPiece = (await reader.next()).value;
    if (piece.type === "gap") gap = piece;
    else seen += piece.entries.length;
  }
  assert.equal(gap?.type === "gap" && gap.reason, "TRIMMED");
  const next: LogPiece = (await reader.next()).value;
  assert.equal(next.type === "batch" && next.entries[0]?.message, "line 5501");
  await reader.return(undefined);
  const again = from(gap?.type === "gap" ? gap.position : "");
  await readOn(again, 5501, await again.next());
});

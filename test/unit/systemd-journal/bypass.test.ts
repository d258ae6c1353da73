import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually, JournalBench, keys } from "./journal-bench.ts";

const one = "1".repeat(32);
const [two, flooding] = ["2".repeat(32), "f".repeat(32)];
const texts = ({ entries }: { entries: readonly { message: string; event?: string }[] }) =>
  entries.map(({ message, event }) => event ?? message);

/** A followed game that says little, while journalctl has a flood of another to tell first. */
async function flooded(t: TestContext) {
  const bench = new JournalBench(t);
  const [server, other] = [bench.instance("quiet", "uid-quiet"), bench.instance("loud", "uid-loud")];
  bench.fake.write("b", "the journal has begun");
  await bench.journal.open();
  bench.event(server, "STARTED", one);
  bench.event(other, "STARTED", flooding);
  const live = bench.follow(server);
  await eventually("its start", () => live.entries.length === 1);
  bench.fake.isFlooded = true;
  const flood = (lines: number) => {
    for (let count = 0; count < lines; count += 1) bench.fake.write("loud", `line ${count}`, flooding);
  };
  return { bench, server, other, live, flood };
}

test("a quiet game's line passes a flood by; nothing is told twice or out of order, then and later", async (t) => {
  const { bench, server, live, flood } = await flooded(t);
  bench.fake.write("quiet", "first", one);
  flood(2000);
  bench.fake.write("quiet", "second", one);
  await eventually("both lines", () => live.entries.length === 3);
  bench.event(server, "READY", one);
  bench.fake.write("quiet", "third", one);
  await eventually("the third", () => live.entries.length === 5);
  assert.deepEqual(texts(live), ["STARTED", "first", "second", "READY", "third"]);
  bench.fake.isFlooded = false;
  bench.event(server, "EXITED", one);
  bench.fake.write("quiet", "last words", one);
  bench.fake.write("quiet", "again", two);
  bench.event(server, "STARTED", two);
  await eventually("all of it", () => live.entries.length === 9);
  assert.deepEqual(texts(live).slice(5), ["last words", "EXITED", "STARTED", "again"]);
  assert.deepEqual(live.gaps, []);
  assert.deepEqual(keys(await bench.read(server)), keys(live));
  await bench.reopen();
  assert.deepEqual(keys(await bench.read(server)), keys(live));
  live.stop();
});

test("it is for quiet games that are followed, and only as long as journalctl is behind", async (t) => {
  const { bench, server, other, live, flood } = await flooded(t);
  await sleep(150);
  assert.deepEqual(bench.fake.some, [], "nothing is behind");
  flood(2000);
  await eventually("the second journalctl", () => bench.fake.some.join() === "quiet");
  bench.fake.isFlooded = false;
  const loud = bench.follow(other);
  await eventually("its lines", () => loud.entries.length === 2001);
  await sleep(50); // it has been looked at
  flood(500);
  await eventually("more of them", () => loud.entries.length === 2501);
  await sleep(50);
  bench.fake.isFlooded = true;
  flood(2000);
  await sleep(600);
  assert.deepEqual(bench.fake.some, ["quiet"], "who floods waits for its turn");
  bench.fake.isFlooded = false;
  await eventually("its end", () => bench.fake.some.length === 0);
  await eventually("the flood", () => loud.entries.length === 4501);
  assert.equal(new Set(loud.entries.map(({ position }) => position)).size, 4501);
  for (const { stop } of [live, loud]) stop();
  assert.deepEqual(texts(await bench.read(server)), ["STARTED"]);
});

test("a second journalctl that dies, or cannot be started, costs time and nothing else", async (t) => {
  const { bench, server, live, flood } = await flooded(t);
  const { followSome } = bench.fake;
  let tries = 0;
  bench.fake.followSome = async (...request) => {
    tries += 1;
    if (tries === 1) throw new Error("it cannot be started");
    if (tries === 2) return { output: Readable.from([]), ended: Promise.resolve(), stop: () => {} };
    return followSome.apply(bench.fake, request);
  };
  flood(2000);
  bench.fake.write("quiet", "first", one);
  await eventually("the line", () => live.entries.length === 2);
  assert.deepEqual([tries, bench.notes.length], [3, 2], bench.notes.join());
  bench.fake.isFlooded = false;
  bench.fake.write("quiet", "second", one);
  await eventually("the next", () => live.entries.length === 3);
  assert.deepEqual(keys(await bench.read(server)), keys(live));
  live.stop();
});

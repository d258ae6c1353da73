import assert from "node:assert/strict";
import fs, { readFileSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { EventStore } from "../../../src/drivers/systemd/journal/feed/event-store.ts";
import { momentCursor } from "../../../src/drivers/systemd/journal/source/journal-point.ts";
import { eventually, JournalBench, keys, type Told } from "./journal-bench.ts";

const [one, two] = ["1".repeat(32), "2".repeat(32)];
const texts = ({ entries }: Told) => entries.map(({ message, event }) => event ?? message);
const reasons = ({ gaps }: Told) => gaps.map(({ reason }) => reason);

/** A game that has started, said two lines and become ready; nothing else is in the journal. */
async function played(t: TestContext) {
  const bench = new JournalBench(t);
  const server = bench.instance("a", "uid-a");
  bench.fake.write("b", "another's");
  await bench.journal.open();
  bench.event(server, "STARTED", one);
  bench.fake.write("a", "first", one);
  bench.event(server, "READY", one);
  bench.fake.write("a", "second", one);
  const told = await bench.read(server);
  assert.deepEqual(texts(told), ["STARTED", "first", "READY", "second"]);
  return { bench, server, told, behind: (index: number) => ({ type: "position", position: told.entries[index]?.position ?? "" }) as const };
}

/** The last events were not on the disk yet. */
function loseEvents(bench: JournalBench, kept: number): void {
  const path = join(bench.root, "instances/a/journal-events");
  writeFileSync(
    path,
    readFileSync(path, "utf8")
      .split("\n")
      .slice(0, 1 + kept)
      .concat("")
      .join("\n"),
  );
}

test("a position ahead of the events is a gap, and no later event is passed over", async (t) => {
  const { bench, server, behind } = await played(t);
  await bench.journal.close();
  loseEvents(bench, 1);
  bench.fake.write("b", "journald of the next boot begins");
  await bench.reopen();
  const early = await bench.read(server, behind(3));
  assert.deepEqual([reasons(early), texts(early)], [["STORAGE_LOST"], []]);
  bench.event(server, "EXITED", one);
  bench.event(server, "STARTED", two);
  const late = await bench.read(server, behind(3));
  assert.deepEqual([reasons(late), texts(late)], [["STORAGE_LOST"], ["EXITED", "STARTED"]]);
  const resumed = await bench.read(server, { type: "position", position: early.gaps[0]?.position ?? "" });
  assert.deepEqual([reasons(resumed), texts(resumed)], [[], ["EXITED", "STARTED"]]);
});

test("a position in what the journal has lost is a gap, also when the numbers have been given again", async (t) => {
  const { bench, server, behind } = await played(t);
  await bench.journal.close();
  bench.fake.cutPower(2); // "first" is kept, "second" is not
  loseEvents(bench, 1);
  await sleep(2);
  bench.fake.write("b", "journald of the next boot begins");
  bench.fake.write("a", "after the cut", two);
  bench.fake.write("a", "and on", two);
  await bench.reopen();
  const resumed = await bench.read(server, behind(3));
  assert.deepEqual([reasons(resumed), texts(resumed)], [["STORAGE_LOST"], ["after the cut", "and on"]]);
  const [gap] = resumed.gaps;
  const again = await bench.read(server, { type: "position", position: gap?.position ?? "" });
  assert.deepEqual([reasons(again), texts(again)], [[], ["after the cut", "and on"]]);
  const kept = await bench.read(server, behind(1));
  assert.deepEqual([reasons(kept), texts(kept)], [[], ["after the cut", "and on"]]);
});

test("events whose lines are lost keep their place, live and later", async (t) => {
  const { bench, server } = await played(t);
  bench.event(server, "EXITED", one);
  await bench.read(server);
  await bench.journal.close();
  bench.fake.cutPower(1); // all of the game's lines
  await bench.reopen();
  const live = bench.follow(server);
  await eventually("the events", () => live.entries.length === 3);
  bench.event(server, "STARTED", two);
  for (const message of ["after", "the", "cut"]) bench.fake.write("a", message, two);
  await eventually("the last line", () => live.entries.length === 7);
  assert.deepEqual(texts(live), ["STARTED", "READY", "EXITED", "STARTED", "after", "the", "cut"]);
  await bench.reopen();
  assert.deepEqual(keys(await bench.read(server)), keys(live));
  for (const [index, { position }] of live.entries.entries()) {
    const rest = await bench.read(server, { type: "position", position });
    assert.deepEqual([reasons(rest), keys(rest)], [[], keys(live).slice(index + 1)], `behind entry ${index}`);
  }
  live.stop();
});

test("events are written anew on the disk before they replace the old ones", (t) => {
  const bench = new JournalBench(t);
  const path = join(bench.root, "events");
  const notes: string[] = [];
  const store = new EventStore(path, "uid", (note) => notes.push(note));
  const synced = t.mock.method(fs, "fsyncSync");
  const event = { event: "READY", invocationId: one, time: 1, message: "ready", anchor: momentCursor(1) } as const;
  for (let count = 1; count <= 2000; count += 1) store.append(event);
  assert.equal(synced.mock.callCount(), 0);
  store.append(event);
  assert.deepEqual([synced.mock.callCount(), notes], [1, []]);
  assert.deepEqual(new EventStore(path, "uid", () => {}).events, store.events);
});

test("events that find no room are kept in memory, leave nothing half-written, and are written with the next one", (t) => {
  const bench = new JournalBench(t);
  const path = join(bench.root, "events");
  const notes: string[] = [];
  const store = new EventStore(path, "uid", (note) => notes.push(note));
  const event = { event: "READY", invocationId: one, time: 1, message: "ready", anchor: momentCursor(1) } as const;
  const known = () => new EventStore(path, "uid", () => {}).events;
  const full = () => {
    throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  };
  const renames = t.mock.method(fs, "renameSync", full);
  syncBuiltinESMExports();
  store.append(event);
  assert.deepEqual([fs.readdirSync(bench.root).filter((name) => name.startsWith("events")), known()], [[], []]);
  renames.mock.restore();
  syncBuiltinESMExports();
  store.append(event);
  assert.deepEqual(known(), store.events);
  // The disk takes half a line of the next one.
  const appends = t.mock.method(fs, "appendFileSync", (file: string) => {
    fs.writeFileSync(file, `${fs.readFileSync(file, "utf8")}{"event":"RE`);
    full();
  });
  syncBuiltinESMExports();
  store.append(event);
  appends.mock.restore();
  syncBuiltinESMExports();
  store.append(event);
  assert.deepEqual(known(), store.events);
  assert.deepEqual([store.events.length, notes.length], [4, 2]);
  // A power cut has left half a line.
  fs.appendFileSync(path, '{"event":"RE');
  const reopened = new EventStore(path, "uid", () => {});
  reopened.append(event);
  assert.equal(reopened.events.length, 5);
  assert.deepEqual(known(), reopened.events);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually, everything, JournalBench } from "./journal-bench.ts";

const invocationId = "1".repeat(32);

test("a reader that leaves is let go at once, also while journald is busy", async (t) => {
  const bench = new JournalBench(t);
  const server = bench.instance("a", "uid-a");
  bench.fake.write("b", "another's");
  await bench.journal.open();
  const busy = Promise.withResolvers<void>();
  bench.turn = busy.promise;
  bench.event(server, "EXITED", invocationId);
  const [leaving, staying] = [bench.follow(server), bench.follow(server)];
  await sleep(20);
  leaving.stop();
  const ended = await Promise.race([leaving.over.then(() => "ended"), sleep(2000, "still there", { ref: false })]);
  assert.equal(ended, "ended");
  assert.equal(staying.entries.length, 0);
  busy.resolve();
  await eventually("the event", () => staying.entries.length === 1);
  assert.deepEqual([staying.entries[0]?.event, leaving.entries.length], ["EXITED", 0]);
  staying.stop();
  await staying.over;
});

test("a reader that has left before it came reads nothing", async (t) => {
  const bench = new JournalBench(t);
  await bench.journal.open();
  const reading = bench.journal.logs(bench.instance("a", "uid-a"), everything, true, AbortSignal.abort());
  for await (const piece of reading) assert.fail(`read ${piece.type}`);
});

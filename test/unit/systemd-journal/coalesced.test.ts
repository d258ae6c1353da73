import assert from "node:assert/strict";
import { test } from "node:test";
import { coalesced } from "../../../src/drivers/systemd/journal/coalesced.ts";
import { JournalBench } from "./journal-bench.ts";

test("one run is under way, one waits for all who ask meanwhile", async () => {
  const runs: PromiseWithResolvers<void>[] = [];
  const ask = coalesced(() => {
    const run = Promise.withResolvers<void>();
    runs.push(run);
    return run.promise;
  });
  const settled: string[] = [];
  const asked = (name: string) =>
    ask().then(
      () => settled.push(name),
      () => settled.push(`${name} failed`),
    );
  const first = [asked("a"), asked("b")];
  await Promise.resolve();
  assert.equal(runs.length, 1);
  const second = [asked("c"), asked("d")];
  runs[0]?.reject(new Error("it failed"));
  await Promise.all(first);
  assert.deepEqual(settled, ["a failed", "b failed"]);
  assert.equal(runs.length, 2, "the next begins after the first, whatever became of it");
  runs[1]?.resolve();
  await Promise.all(second);
  assert.deepEqual(settled.slice(2), ["c", "d"]);
  const third = asked("e");
  await Promise.resolve();
  assert.equal(runs.length, 3);
  runs[2]?.resolve();
  await third;
});

test("however many followers come at once, journald is asked twice", async (t) => {
  const bench = new JournalBench(t);
  const server = bench.instance("a", "uid-a");
  bench.fake.write("b", "another's");
  await bench.journal.open();
  bench.turns = 0;
  const readers = Array.from({ length: 50 }, () => [bench.read(server), bench.journal.logEnd(server)]);
  await Promise.all(readers.flat());
  assert.ok(bench.turns <= 2, `${bench.turns} times`);
});

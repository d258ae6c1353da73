import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually, JournalBench } from "./journal-bench.ts";

const invocationId = "1".repeat(32);

test("an end stands behind the last lines, also when journalctl tells nothing for seconds", async (t) => {
  const bench = new JournalBench(t);
  const server = bench.instance("a", "uid-a");
  bench.fake.write("b", "another's");
  await bench.journal.open();
  bench.event(server, "STARTED", invocationId);
  const live = bench.follow(server);
  await eventually("the start", () => live.entries.length === 1);
  bench.fake.isFlooded = true;
  bench.fake.write("a", "last words", invocationId);
  bench.event(server, "EXITED", invocationId);
  await sleep(2500);
  bench.fake.isFlooded = false;
  bench.fake.deliver();
  await eventually("all of it", () => live.entries.length === 3);
  assert.deepEqual(
    live.entries.map(({ message }) => message),
    ["it is STARTED", "last words", "it is EXITED"],
  );
  live.stop();
});

import assert from "node:assert/strict";
import { LifecycleEvent, LogGapReason } from "../../../src/gen/left4me/host/v1/log_service_pb.ts";
import { behind, following, keys, numbersOf, stoppedWithLines } from "../fixtures/log-entries.ts";
import { type LogRequest, lastCursor } from "../fixtures/log-reading.ts";
import { refusal } from "../fixtures/refusal.ts";
import { atMost } from "../runner/schedule.ts";
import { area } from "../runner/test-case.ts";

export const logsResume = area("logs", (test) => {
  test(
    "resume-after-every-cursor",
    "a stream that resumes with the cursor of the last entry it saw loses nothing and repeats nothing, or says what it lost in a `gap`.",
    async (t) => {
      const game = await t.once(stoppedWithLines);
      const all = (await game.log()).entries;
      assert.ok(all.length >= 295, `${all.length} entries`);
      await atMost(8, [...all.entries()], async ([index, { cursor }]) => {
        const { entries, gaps } = await game.log(behind(cursor));
        assert.deepEqual(keys(entries), keys(all.slice(index + 1)), `after entry ${index}`);
        assert.deepEqual(gaps, []);
      });
    },
  );

  test(
    "resume-during-a-flood",
    "a stream that resumes with the cursor of the last entry it saw loses nothing and repeats nothing, or says what it lost in a `gap`.",
    async (t) => {
      const game = await t.running({ config: ["sim_log_bytes 100", "sim_log_rate 1500"] });
      const seen: number[] = [];
      let request: LogRequest = { lines: 100_000 };
      for (let connections = 0; seen.length < 2000; connections++) {
        assert.ok(connections < 200, "the flood goes on");
        const reading = game.follow(request);
        const entries = await reading.until("fifty entries", () => reading.entries.length >= 50 && reading.entries.slice(0, 50));
        reading.stop();
        assert.deepEqual(reading.gaps, []);
        seen.push(...numbersOf(entries));
        request = behind(lastCursor(entries));
      }
      assert.deepEqual(
        seen,
        seen.map((_, index) => index + 1),
        "each line once, in order",
      );
    },
  );

  test(
    "cursor-of-an-earlier-namesake",
    "The cursor belongs to an earlier instance of the same name; the stream goes on at the beginning of the present one's log.",
    async (t) => {
      const game = await t.running({ config: ["echo earlier"] });
      const old = lastCursor((await game.log()).entries);
      await game.delete();
      await game.initialize({ config: ["echo present"] });
      await game.start();
      for (const reading of [await game.log(behind(old)), following(t, game, behind(old))]) {
        await reading.line("present");
        const [gap, ...more] = reading.gaps;
        assert.deepEqual([gap?.reason, more.length], [LogGapReason.INSTANCE_REPLACED, 0]);
        assert.deepEqual(reading.messages.map(({ event }) => event.case).slice(0, 3), ["hello", "gap", "batch"]);
        assert.equal(reading.entries[0]?.event, LifecycleEvent.STARTED);
        assert.ok(!reading.entries.some(({ message }) => message === "earlier"));
        const { entries } = await game.log(behind(gap?.cursor ?? ""));
        assert.equal(entries[0]?.cursor, reading.entries[0]?.cursor, "the stream resumes behind the gap when it is given this cursor");
      }
    },
  );

  test("cursor-that-is-none", "The cursor is malformed or belongs to another host, instance name, stream or filter.", async (t) => {
    const [game, other] = [await t.running(), await t.running()];
    const foreign = lastCursor((await other.log()).entries);
    const good = lastCursor((await game.log()).entries);
    const { watchCursor } = await t.api.instances.listInstances({ filter: { names: [game.name] } });
    const damaged = `${good.slice(0, -3)}${good.endsWith("AAA") ? "BBB" : "AAA"}`;
    for (const cursor of [
      foreign,
      watchCursor,
      damaged,
      `${good}x`,
      "nonsense",
      "--follow",
      "../../etc/passwd",
      "s=1;i=2",
      "x".repeat(10_000),
    ]) {
      await refusal(game.log(behind(cursor)), "INVALID_CURSOR").catch((error: unknown) => {
        throw new Error(`the cursor ${cursor.slice(0, 60)}`, { cause: error });
      });
    }
  });

  test("resume-at-the-end", "Behind the entry with this cursor.", async (t) => {
    const { game } = await t.play([]);
    await game.stop();
    const end = lastCursor((await game.log()).entries);
    assert.deepEqual((await game.log(behind(end))).entries, []);
    assert.deepEqual((await game.log({ ...behind(end), lines: 100 })).entries, [], "lines are ignored with a cursor");
    const reading = following(t, game, behind(end));
    await game.start();
    await reading.event(LifecycleEvent.READY);
    assert.equal(reading.entries[0]?.event, LifecycleEvent.STARTED);
  });
});

import assert from "node:assert/strict";
import { InstanceState } from "../../../src/gen/left4me/host/v1/instance_pb.ts";
import { LifecycleEvent } from "../../../src/gen/left4me/host/v1/log_service_pb.ts";
import { behind, following, keys, numbersOf } from "../fixtures/log-entries.ts";
import { refusal, refusalOf } from "../fixtures/refusal.ts";
import { area } from "../runner/test-case.ts";

export const logsFollow = area("logs", (test) => {
  test("follow-goes-on", "Streams an instance's log: some history, and with `follow` everything that comes.", async (t) => {
    const game = await t.running({ config: ["echo history"] });
    const reading = following(t, game);
    await reading.line("history");
    await game.stop();
    await reading.event(LifecycleEvent.EXITED);
    assert.ok(reading.isOpen);
  });

  test("follow-without-history", "So many of the last entries as history, 0 for none, at most 100000.", async (t) => {
    const game = await t.running({ config: ["echo history"] });
    const earlier = following(t, game);
    await earlier.line("history");
    await earlier.event(LifecycleEvent.READY);
    earlier.stop();
    const reading = following(t, game, { lines: 0 });
    await reading.until("hello", () => reading.hello);
    await game.stop();
    await reading.event(LifecycleEvent.EXITED);
    // A game that has bound its port may still print what it prints at its start.
    assert.ok(!reading.entries.some(({ message }) => message === "history"), "only what came after the stream had begun");
    assert.equal(reading.entries.find(({ event }) => event !== LifecycleEvent.NONE)?.event, LifecycleEvent.STOPPING);
  });

  test("follow-outlives-stop-start-and-reset", "With `follow` it outlives stops, starts and resets of the instance", async (t) => {
    const game = await t.game({ config: ["echo one life"] });
    const reading = following(t, game);
    await reading.until("hello", () => reading.hello);
    await game.start();
    await game.stop();
    await game.reset();
    await game.start();
    await game.restart();
    await game.stop();
    await reading.event(LifecycleEvent.EXITED, 3);
    assert.equal(reading.entries.filter(({ message }) => message === "one life").length, 3);
    assert.deepEqual(keys(reading.entries), keys((await game.log()).entries));
    assert.deepEqual(reading.gaps, []);
  });

  test(
    "follow-ends-with-the-instance",
    "when the instance is deleted everything up to EXITED is sent and the stream ends with NOT_FOUND / INSTANCE_NOT_FOUND",
    async (t) => {
      const game = await t.running();
      const readings = [following(t, game), following(t, game, { lines: 0 })];
      await Promise.all(readings.map((reading) => reading.until("hello", () => reading.hello)));
      await game.delete();
      for (const reading of readings) {
        refusalOf(await reading.ended(), "INSTANCE_NOT_FOUND", { name: game.name });
        assert.equal(reading.entries.at(-1)?.event, LifecycleEvent.EXITED);
      }
    },
  );

  test("follow-of-one-invocation-ends", "with `follow` it ends with OK when the invocation has ended.", async (t) => {
    const game = await t.running({ config: ["echo mine"] });
    const { invocationId: value } = await game.status();
    const reading = following(t, game, { start: { case: "invocationId", value } });
    await reading.line("mine");
    await game.restart();
    assert.equal(await reading.ended(), undefined);
    assert.equal(reading.entries.at(-1)?.event, LifecycleEvent.EXITED);
    assert.ok(reading.entries.every(({ invocationId }) => invocationId === value));
    const late = following(t, game, { start: { case: "invocationId", value } });
    assert.equal(await late.ended(), undefined, "at once when it has ended already");
    assert.deepEqual(keys(late.entries), keys(reading.entries));
    // Whatever stands behind its end, of the same invocation or of none.
    await game.reset();
    for (const invocation of [
      value,
      (await game.log()).entries.findLast(({ event }) => event === LifecycleEvent.EXITED)?.invocationId ?? "",
    ])
      for (const lines of [0, 1]) {
        const last = game.follow({ lines, start: { case: "invocationId", value: invocation } });
        assert.equal(await last.ended(), undefined, `with ${lines} lines`);
        assert.ok(last.entries.length <= lines);
      }
  });

  test("burst", "A slow client delays nobody: what it misses is told in a `gap`.", async (t) => {
    const count = 20_000;
    const game = await t.game({ config: [`sim_flood ${count} 100`] });
    const reading = following(t, game);
    await reading.until("hello", () => reading.hello);
    await game.start();
    await game.stop();
    // The last entry of all: behind it nothing is under way, and nothing is newer, so that no gap takes it.
    await reading.event(LifecycleEvent.EXITED, 1, 30);
    const { entries: history } = await game.log();
    const numbers = numbersOf(history);
    assert.deepEqual([numbers.length, numbers[0], numbers.at(-1)], [count, 1, count], "history has all of it");
    assertInOrder(keys(reading.entries), keys(history));
    const missing = history.length - reading.entries.length;
    if (reading.gaps.every(({ lost }) => lost !== undefined))
      assert.equal(
        missing,
        reading.gaps.reduce((sum, { lost }) => sum + Number(lost ?? 0n), 0),
        "each loss is told",
      );
    else assert.ok(missing > 0, "a gap where nothing is lost");
  });

  test("two-followers-see-the-same", "what happens to them, in one ordered stream an instance.", async (t) => {
    const game = await t.game({ config: ["sim_flood 3000 60"] });
    const readings = [following(t, game), following(t, game)];
    await Promise.all(readings.map((reading) => reading.until("hello", () => reading.hello)));
    await game.start();
    await game.stop();
    await Promise.all(readings.map((reading) => reading.event(LifecycleEvent.EXITED)));
    const [one, two] = readings.map(({ entries }) => keys(entries));
    assert.deepEqual(one, two);
    assert.deepEqual(one, keys((await game.log()).entries));
  });

  test("a-stalled-client-delays-nobody", "A slow client delays nobody: what it misses is told in a `gap`.", async (t) => {
    const game = await t.game({ config: ["sim_flood 30000 200"] });
    const stalled = t.connect().logs.streamLogs({ name: game.name, follow: true, lines: 0 })[Symbol.asyncIterator]();
    await stalled.next(); // hello, and then never again
    const reading = following(t, game);
    await game.start();
    assert.equal((await game.stop()).instance.status.state, InstanceState.STOPPED);
    await reading.event(LifecycleEvent.EXITED, 1, 30);
    await stalled.return?.();
  });

  test("log-survives-a-reset", "Specification, labels, uid and logs stay.", async (t) => {
    const game = await t.running({ config: ["echo kept"] });
    const before = (await game.log()).entries;
    await game.reset();
    const after = (await game.log()).entries;
    assert.deepEqual(keys(after.slice(0, before.length)), keys(before));
  });

  test(
    "heartbeats",
    "A client that hears nothing for three such intervals may take the stream for dead and resume.",
    async (t) => {
      const game = await t.game();
      const reading = following(t, game);
      const hello = await reading.until("hello", () => reading.hello);
      const heartbeat = await reading.until(
        "a heartbeat",
        () => reading.messages.flatMap(({ event }) => (event.case === "heartbeat" ? [event.value] : []))[0],
        3 * Number(hello.heartbeatInterval?.seconds ?? 0n),
      );
      assert.ok(Math.abs(Number(heartbeat.time?.seconds ?? 0n) - Date.now() / 1000) < 300, "the host's clock");
      await game.start();
      const { entries } = await game.log(behind(heartbeat.cursor));
      assert.equal(entries[0]?.event, LifecycleEvent.STARTED, "the stream resumes here");
    },
    { lane: "patient", limitSeconds: 120 },
  );

  test(
    "events-of-a-crash-loop",
    "The game ended too often; no restart follows.",
    async (t) => {
      const game = await t.game({ config: ["sim_exit_before_boot 2"] });
      const reading = following(t, game);
      await refusal(game.start(), "START_FAILED");
      await reading.event(LifecycleEvent.GAVE_UP, 1, 100);
      const { STARTED, EXITED, RESTARTING, GAVE_UP, NONE } = LifecycleEvent;
      const events = reading.entries.map(({ event }) => event).filter((event) => event !== NONE);
      const rounds = events.filter((event) => event === STARTED).length;
      const expected = [...Array.from({ length: rounds - 1 }, () => [STARTED, EXITED, RESTARTING]).flat(), STARTED, EXITED, GAVE_UP];
      assert.deepEqual(events, expected);
    },
    { lane: "patient", limitSeconds: 120 },
  );
});

/** Every one of `some` is in `all`, once, in the same order. */
function assertInOrder(some: readonly string[], all: readonly string[]): void {
  let at = 0;
  for (const key of some) {
    at = all.indexOf(key, at) + 1;
    assert.ok(at > 0, `out of order, twice, or not in the history: ${key}`);
  }
}

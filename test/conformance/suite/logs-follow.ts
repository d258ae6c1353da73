import assert from "node:assert/strict";
import { LifecycleEvent, type LogEntry, LogGapReason } from "../../../src/gen/left4me/host/v1/log_service_pb.ts";
import { InstanceState } from "../../../src/gen/left4me/host/v1/instance_pb.ts";
import type { Game } from "../fixtures/game.ts";
import { lastCursor, type LogReading, type LogRequest } from "../fixtures/log-reading.ts";
import { refusal, refusalOf } from "../fixtures/refusal.ts";
import type { TestContext } from "../fixtures/test-context.ts";
import { atMost } from "../runner/schedule.ts";
import { area } from "../runner/test-case.ts";

const keys = (entries: readonly LogEntry[]) => entries.map(({ cursor, message }) => `${cursor} ${message}`);
const behind = (value: string): LogRequest => ({ start: { case: "afterCursor", value } });

/** The numbers of the lines that a flood printed, in the order of their coming. */
function numbersOf(entries: readonly LogEntry[]): number[] {
  return entries.flatMap(({ message }) => {
    const number = /^sim(?:_flood| line) (\d+)[/ ]/.exec(message)?.[1];
    return number === undefined ? [] : [Number(number)];
  });
}

/** Follows until the test is over. */
function following(t: TestContext, game: Game, request?: LogRequest): LogReading {
  const reading = game.follow(request, t.connect());
  t.defer(() => reading.stop());
  return reading;
}

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
    const reading = following(t, game, { lines: 0 });
    await reading.until("hello", () => reading.hello);
    await game.stop();
    await reading.event(LifecycleEvent.EXITED);
    assert.equal(reading.entries[0]?.event, LifecycleEvent.STOPPING, "only what came after the stream had begun");
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
    await reading.event(LifecycleEvent.READY, 3);
    assert.equal(reading.entries.filter(({ message }) => message === "one life").length, 3);
    assert.deepEqual(keys(reading.entries), keys((await game.log()).entries));
    assert.deepEqual(reading.gaps, []);
  });

  test("follow-ends-with-the-instance", "when the instance is deleted everything up to EXITED is sent and the stream ends with NOT_FOUND / INSTANCE_NOT_FOUND", async (t) => {
    const game = await t.running();
    const readings = [following(t, game), following(t, game, { lines: 0 })];
    await Promise.all(readings.map((reading) => reading.until("hello", () => reading.hello)));
    await game.delete();
    for (const reading of readings) {
      refusalOf(await reading.ended(), "INSTANCE_NOT_FOUND", { name: game.name });
      assert.equal(reading.entries.at(-1)?.event, LifecycleEvent.EXITED);
    }
  });

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
  });

  test("burst", "A slow client delays nobody: what it misses is told in a `gap`.", async (t) => {
    const count = 20_000;
    const game = await t.game({ config: [`sim_flood ${count} 100`] });
    const reading = following(t, game);
    await reading.until("hello", () => reading.hello);
    await game.start();
    await reading.event(LifecycleEvent.READY, 1, 30);
    const numbers = numbersOf(reading.entries);
    assert.deepEqual(numbers, [...new Set(numbers)].toSorted((a, b) => a - b), "in order, none twice");
    const missing = count - numbers.length;
    if (reading.gaps.every(({ lost }) => lost !== undefined)) assert.equal(missing, reading.gaps.reduce((sum, { lost }) => sum + Number(lost ?? 0n), 0), "each loss is told");
    const history = numbersOf((await game.log()).entries);
    assert.equal(history.length, count, "history has all of it");
  });

  test("resume-after-every-cursor", "a stream that resumes with the cursor of the last entry it saw loses nothing and repeats nothing, or says what it lost in a `gap`.", async (t) => {
    const { game } = await t.play(["sim_flood 280 40"]);
    await game.stop();
    const all = (await game.log()).entries;
    assert.ok(all.length >= 295, `${all.length} entries`);
    await atMost(8, [...all.entries()], async ([index, { cursor }]) => {
      const { entries, gaps } = await game.log(behind(cursor));
      assert.deepEqual(keys(entries), keys(all.slice(index + 1)), `after entry ${index}`);
      assert.deepEqual(gaps, []);
    });
  });

  test("resume-during-a-flood", "a stream that resumes with the cursor of the last entry it saw loses nothing and repeats nothing, or says what it lost in a `gap`.", async (t) => {
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
    assert.deepEqual(seen, seen.map((_, index) => index + 1), "each line once, in order");
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
    await reading.event(LifecycleEvent.READY, 1, 30);
    assert.equal((await game.stop()).instance.status.state, InstanceState.STOPPED);
    await stalled.return?.();
  });

  test("cursor-of-an-earlier-namesake", "The cursor belongs to an earlier instance of the same name; the stream goes on at the beginning of the present one's log.", async (t) => {
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
  });

  test("cursor-that-is-none", "The cursor is malformed or belongs to another host, instance name, stream or filter.", async (t) => {
    const [game, other] = [await t.running(), await t.running()];
    const foreign = lastCursor((await other.log()).entries);
    const good = lastCursor((await game.log()).entries);
    const { watchCursor } = await t.api.instances.listInstances({ filter: { names: [game.name] } });
    const damaged = `${good.slice(0, -3)}${good.endsWith("AAA") ? "BBB" : "AAA"}`;
    for (const cursor of [foreign, watchCursor, damaged, `${good}x`, "nonsense", "--follow", "../../etc/passwd", "s=1;i=2", "x".repeat(10_000)]) {
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

  test("log-survives-a-reset", "Specification, labels, uid and logs stay.", async (t) => {
    const game = await t.running({ config: ["echo kept"] });
    const before = (await game.log()).entries;
    await game.reset();
    const after = (await game.log()).entries;
    assert.deepEqual(keys(after.slice(0, before.length)), keys(before));
  });

  test("heartbeats", "A client that hears nothing for three such intervals may take the stream for dead and resume.", async (t) => {
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
  }, { lane: "patient", limitSeconds: 120 });

  test("events-of-a-crash-loop", "The game ended too often; no restart follows.", async (t) => {
    const game = await t.game({ config: ["sim_exit_before_boot 2"] });
    const reading = following(t, game);
    await refusal(game.start(), "START_FAILED");
    await reading.event(LifecycleEvent.GAVE_UP, 1, 100);
    const { STARTED, EXITED, RESTARTING, GAVE_UP, NONE } = LifecycleEvent;
    const events = reading.entries.map(({ event }) => event).filter((event) => event !== NONE);
    const rounds = events.filter((event) => event === STARTED).length;
    const expected = [...Array.from({ length: rounds - 1 }, () => [STARTED, EXITED, RESTARTING]).flat(), STARTED, EXITED, GAVE_UP];
    assert.deepEqual(events, expected);
  }, { lane: "patient", limitSeconds: 120 });
});

import assert from "node:assert/strict";
import { LifecycleEvent, type LogEntry } from "../../../src/gen/left4me/host/v1/log_service_pb.ts";
import { knownFailure } from "../fixtures/known-exit.ts";
import { following, keys, stoppedWithLines } from "../fixtures/log-entries.ts";
import { refusal } from "../fixtures/refusal.ts";
import { script } from "../fixtures/test-context.ts";
import { area } from "../runner/test-case.ts";

const isPrinted = ({ event }: LogEntry) => event === LifecycleEvent.NONE;

export const logsHistory = area("logs", (test) => {
  test("hello-first", "The stream opens with `hello`.", async (t) => {
    const game = await t.once(stoppedWithLines);
    const reading = await game.log();
    assert.equal(reading.messages[0]?.event.case, "hello");
    assert.deepEqual([reading.hello?.hostId, reading.hello?.uid], [t.world.host.id, (await game.get()).uid]);
    assert.ok((reading.hello?.heartbeatInterval?.seconds ?? 0n) > 0n);
  });

  test("hello-says-where-the-stream-starts", "The cursor behind which the stream starts.", async (t) => {
    const { game } = await t.play(["sim_flood 10 40"]);
    await game.stop();
    const all = (await game.log()).entries;
    const { hello } = await game.log({ lines: 0 });
    await game.start();
    const { entries } = await game.log({ start: { case: "afterCursor", value: hello?.cursor ?? "" } });
    assert.equal(entries[0]?.event, LifecycleEvent.STARTED);
    const cursor = all[4]?.cursor ?? "";
    const resumed = await game.log({ start: { case: "afterCursor", value: cursor } });
    assert.equal(resumed.hello?.cursor, cursor);
  });

  test("empty-log", "Without `follow` it ends behind the last entry that existed when it began.", async (t) => {
    const game = await t.game();
    const reading = await game.log();
    assert.deepEqual([reading.hello?.uid, reading.entries.length, reading.gaps.length], [(await game.get()).uid, 0, 0]);
  });

  test("entries-in-full", "One line that the game printed, or one event of its life cycle.", async (t) => {
    const game = await t.running({ config: ["echo a line"] });
    const { entries } = await game.log();
    const { invocationId } = await game.status();
    const line = entries.find(({ message }) => message === "a line");
    assert.deepEqual(
      [line?.event, line?.invocationId, line?.partial, line?.raw.length, line?.timeEstimated],
      [LifecycleEvent.NONE, invocationId, false, 0, false],
    );
    const age = Date.now() / 1000 - Number(line?.time?.seconds ?? 0n);
    assert.ok(Math.abs(age) < 300, `received ${age} s ago`);
    assert.equal(new Set(entries.map(({ cursor }) => cursor)).size, entries.length, "a cursor identifies the entry");
    assert.ok(entries.every(({ cursor }) => cursor !== ""));
  });

  test("last-lines", "So many of the last entries as history, 0 for none, at most 100000.", async (t) => {
    const game = await t.once(stoppedWithLines);
    const all = keys((await game.log()).entries);
    for (const lines of [1, 7, 199, all.length, all.length + 1, 100_000]) {
      assert.deepEqual(keys((await game.log({ lines })).entries), all.slice(-lines), `the last ${lines}`);
    }
    assert.deepEqual((await game.log({ lines: 0 })).entries, []);
  });

  test("two-hundred-lines-unless-told", "Unset: 200 without `start`, everything that `start` selects with it.", async (t) => {
    const game = await t.once(stoppedWithLines);
    const all = keys((await game.log()).entries);
    assert.ok(all.length > 250);
    assert.deepEqual(keys((await game.log({})).entries), all.slice(-200));
    const { invocationId } = await game.status();
    assert.deepEqual(keys((await game.log({ start: { case: "invocationId", value: invocationId } })).entries), all);
    assert.deepEqual(
      keys((await game.log({ start: { case: "invocationId", value: invocationId }, lines: 3 })).entries),
      all.slice(-3),
      "counted within what start selects",
    );
  });

  test("too-many-lines", "So many of the last entries as history, 0 for none, at most 100000.", async (t) => {
    const game = await t.game();
    await refusal(game.log({ lines: 100_001 }), "INVALID_REQUEST", { field: /lines/ });
  });

  test("one-invocation", "The whole stream is limited to it", async (t) => {
    const game = await t.running({ config: ["echo first"] });
    const first = (await game.status()).invocationId;
    await game.initialize({ config: ["echo second"] });
    await game.restart();
    const second = (await game.status()).invocationId;
    await game.stop();
    for (const [value, own, other] of [
      [first, "first", "second"],
      [second, "second", "first"],
    ] as const) {
      const { entries } = await game.log({ start: { case: "invocationId", value } });
      assert.ok(entries.every(({ invocationId }) => invocationId === value));
      assert.ok(entries.some(({ message }) => message === own) && !entries.some(({ message }) => message === other));
      assert.deepEqual([entries[0]?.event, entries.at(-1)?.event], [LifecycleEvent.STARTED, LifecycleEvent.EXITED]);
    }
  });

  test("invocations-of-automatic-restarts", "The invocation that it belongs to.", async (t) => {
    const game = await t.game({ config: ["echo mine", "sim_exit_after 0.2", "sim_exit_code 9"] });
    await game.startEnding();
    const reading = following(t, game);
    await reading.until("the lines of three runs", () => reading.entries.filter(({ message }) => message === "mine").length >= 3, 30);
    await game.stop(); // at any moment of the next run
    let running = "";
    let invocation = "";
    for (const { event, message, invocationId } of (await game.log()).entries) {
      if (event === LifecycleEvent.STARTED) running = invocationId;
      if (message !== "mine") continue;
      assert.equal(invocationId, running, "a line is of the run that printed it");
      invocation = invocationId;
    }
    const { entries } = await game.log({ start: { case: "invocationId", value: invocation } });
    assert.equal(entries[0]?.event, LifecycleEvent.STARTED);
    assert.ok(entries.some(isPrinted), "the last of the runs that printed has its lines");
  });

  test("unknown-invocation", "NOT_FOUND. Metadata: name, invocation.", async (t) => {
    const game = await t.running();
    const other = await t.running();
    const foreign = (await other.status()).invocationId;
    for (const value of ["0".repeat(32), foreign, "nonsense", "../../x"]) {
      await refusal(game.log({ start: { case: "invocationId", value } }), "INVOCATION_NOT_FOUND", { name: game.name, invocation: value });
    }
  });

  test("since", "At the first entry that is not older.", async (t) => {
    const { game } = await t.play(["echo early"]);
    // Written when the former has been read: no two lines are received at one time.
    await game.initialize({ config: script(["echo late"]) });
    await game.restart();
    await game.printed();
    await game.stop();
    const { entries } = await game.log();
    const late = entries.findIndex(({ message }) => message === "late");
    const time = entries[late]?.time;
    assert.ok(time !== undefined);
    const { entries: found } = await game.log({ start: { case: "since", value: time } });
    assert.deepEqual(keys(found), keys(entries.slice(entries.length - found.length)), "up to the end");
    assert.ok(found.some(({ message }) => message === "late") && !found.some(({ message }) => message === "early"));
    const future = { seconds: time.seconds + 3600n, nanos: 0 };
    assert.deepEqual((await game.log({ start: { case: "since", value: future } })).entries, []);
    const { entries: everything } = await game.log({ start: { case: "since", value: { seconds: 0n, nanos: 0 } } });
    assert.deepEqual(keys(everything), keys(entries));
  });

  test("life-cycle-between-the-lines", "Events of a life cycle that stand between the lines.", async (t) => {
    const game = await t.running({ config: ["echo booted"] });
    await game.stop();
    await game.reset();
    const { entries } = await game.log();
    const events = entries.filter(({ event }) => event !== LifecycleEvent.NONE);
    const { STARTED, READY, STOPPING, EXITED, RESET } = LifecycleEvent;
    assert.deepEqual(
      events.map(({ event }) => event),
      [STARTED, READY, STOPPING, EXITED, RESET],
    );
    for (const { message } of events) assert.notEqual(message, "", "an event has words for people");
    const at = (isIt: (entry: LogEntry) => boolean) => entries.findIndex(isIt);
    const order = [
      at(({ event }) => event === STARTED),
      at(({ message }) => message === "booted"),
      at(({ event }) => event === READY),
      at(({ event }) => event === STOPPING),
      at(({ message }) => message.startsWith("Server shutting down")),
      at(({ event }) => event === EXITED),
    ];
    assert.deepEqual(
      order,
      order.toSorted((a, b) => a - b),
      order.join(" "),
    );
    const early = entries.slice(0, order[0]).map(({ message, invocationId }) => ({ message, invocationId }));
    assert.deepEqual(early, [], `nothing comes before STARTED of ${events[0]?.invocationId}`);
  });

  test("exited-says-how", "The invocation ended; the message says how.", async (t) => {
    const { game } = await t.play(["sim_exit_code 6"]);
    await game.initialize({ config: script(["sim_exit_before_boot 6"]) });
    const { startFailure } = await knownFailure(t, () => game.restart());
    const isIt = ({ event, invocationId }: LogEntry) =>
      event === LifecycleEvent.EXITED && invocationId === startFailure?.exit?.invocationId;
    assert.match((await following(t, game).entry("the end", isIt)).message, /6/);
    await game.stop();
  });

  test("times-never-fall", "When the host received it.", async (t) => {
    const game = await t.once(stoppedWithLines);
    const { entries } = await game.log();
    const times = entries.map(({ time }) => Number(time?.seconds ?? 0n) * 1000 + (time?.nanos ?? 0) / 1e6);
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
  });
});

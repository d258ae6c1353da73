import assert from "node:assert/strict";
import { InstanceState, Readiness } from "../../../src/gen/left4me/host/v1/instance_pb.ts";
import { ChangeType } from "../../../src/gen/left4me/host/v1/instance_service_pb.ts";
import { isKnown } from "../fixtures/known-exit.ts";
import type { TestContext } from "../fixtures/test-context.ts";
import { ownFilter, watching } from "../fixtures/watching-own.ts";
import { sleep } from "../fixtures/within.ts";
import { area } from "../runner/test-case.ts";

/** Changes an instance that no filter of the test selects, again and again: on a real host something always happens. */
async function keepBusy(t: TestContext, seconds: number): Promise<void> {
  const stranger = await t.game();
  let isOver = false;
  const work = async () => {
    for (let round = 0; !isOver; round++) {
      await stranger.initialize({ config: [`echo ${round}`] });
      await sleep(seconds);
    }
  };
  const working = work();
  t.defer(() => {
    isOver = true;
    return working;
  });
}

export const watch = area("watch", (test) => {
  test(
    "hello-snapshot-bookmark",
    "Without `after_cursor`, a snapshot follows (one `change` of type ADDED an instance) and ends with a `bookmark`.",
    async (t) => {
      const { labels, filter } = ownFilter(t);
      const games = [await t.game({}, labels), await t.running({}, labels)];
      const watch = watching(t, { filter });
      await watch.synced();
      assert.deepEqual(watch.opening, ["hello", "change", "change", "bookmark"]);
      assert.equal(watch.hello?.hostId, t.world.host.id);
      assert.equal(watch.hello.resumed, false);
      assert.ok((watch.hello.heartbeatInterval?.seconds ?? 0n) > 0n);
      assert.deepEqual(watch.story.toSorted(), games.map(({ name }) => `ADDED ${name}`).toSorted());
      for (const { cursor, merged } of watch.changes) assert.deepEqual([cursor, merged], ["", 0], "a snapshot cannot be resumed half-way");
    },
  );

  test(
    "empty-snapshot",
    "Without `after_cursor`, a snapshot follows (one `change` of type ADDED an instance) and ends with a `bookmark`.",
    async (t) => {
      const watch = watching(t, { filter: ownFilter(t).filter });
      await watch.synced();
      assert.deepEqual(watch.opening, ["hello", "bookmark"]);
    },
  );

  test("changes-in-order", "Of two answers about the same uid the one with the greater revision is newer.", async (t) => {
    const { labels, filter } = ownFilter(t);
    const watch = watching(t, { filter });
    await watch.synced();
    const game = await t.game({}, labels);
    // Each is waited for: changes that come fast are merged.
    await game.start();
    await watch.change("READY", ({ instance }) => instance?.status?.readiness === Readiness.READY);
    await game.stop();
    await game.delete();
    await watch.change("REMOVED", ({ type }) => type === ChangeType.REMOVED);
    const { changes } = watch;
    const revisions = changes.map(({ instance }) => instance?.revision ?? 0n);
    for (const [index, revision] of revisions.entries())
      assert.ok(index === 0 || revision > (revisions[index - 1] ?? 0n) || changes[index]?.type === ChangeType.REMOVED, revisions.join(" "));
    assert.deepEqual([changes[0]?.type, changes.at(-1)?.type], [ChangeType.ADDED, ChangeType.REMOVED]);
    assert.ok(changes.slice(1, -1).every(({ type }) => type === ChangeType.MODIFIED));
    const states = changes.map(({ instance }) => instance?.status?.state);
    assert.ok(
      states.indexOf(InstanceState.RUNNING) > 0 && states.lastIndexOf(InstanceState.STOPPED) > states.lastIndexOf(InstanceState.RUNNING),
    );
    assert.ok(changes.some(({ instance }) => instance?.status?.readiness === Readiness.READY));
    assert.ok(
      changes.every(({ cursor, instance }) => cursor !== "" && instance?.spec !== undefined),
      "the instance in full, and a cursor",
    );
  });

  test("told-when-it-happens", "Streams the instances as they are, and then every change.", async (t) => {
    const { labels, filter } = ownFilter(t);
    const game = await t.game({ config: ["sim_crash_after 0.2"] }, labels);
    const watch = watching(t, { filter });
    await watch.synced();
    await game.startEnding();
    const { instance } = await watch.change("the crash", (change) => isKnown(t, change.instance?.status?.lastExit), 50);
    assert.equal(instance?.status?.lastExit?.signal, "SIGSEGV");
    await game.stop();
  });

  test("leaving-the-filter-by-label", "One that ceases to meet the filter is told as REMOVED.", async (t) => {
    const { labels, filter } = ownFilter(t);
    const game = await t.game({}, labels);
    const watch = watching(t, { filter });
    await watch.synced();
    game.labels = {};
    await game.initialize();
    await watch.change("REMOVED", ({ type }) => type === ChangeType.REMOVED);
    game.labels = labels;
    await game.initialize();
    const comings = () => watch.story.filter((line) => !line.startsWith("MODIFIED"));
    await watch.until("ADDED again", () => comings().length >= 3);
    assert.deepEqual(comings(), [`ADDED ${game.name}`, `REMOVED ${game.name}`, `ADDED ${game.name}`]);
  });

  test("leaving-the-filter-by-state", "One that ceases to meet the filter is told as REMOVED.", async (t) => {
    const { labels } = ownFilter(t);
    const watch = watching(t, { filter: { labels, states: [InstanceState.RUNNING] } });
    await watch.synced();
    const game = await t.running({}, labels);
    await watch.change("ADDED", ({ type }) => type === ChangeType.ADDED);
    await game.stop();
    await watch.change("REMOVED", ({ type }) => type === ChangeType.REMOVED);
    assert.equal(watch.story[0], `ADDED ${game.name}`);
    assert.equal(watch.changes[0]?.instance?.status?.state, InstanceState.RUNNING);
  });

  test("usage-at-an-interval", "Also tells running instances at this interval for the sake of their `status.usage`.", async (t) => {
    const { labels, filter } = ownFilter(t);
    const games = [await t.running({}, labels), await t.game({}, labels)];
    const [game] = await Promise.all(games.map((each) => each.settled()));
    await keepBusy(t, 0.3);
    const watch = watching(t, { filter, usageInterval: { seconds: 1n } });
    await watch.synced();
    await watch.until("two tellings", () => watch.changes.filter(({ type }) => type === ChangeType.MODIFIED).length >= 2);
    const told = watch.changes.filter(({ type }) => type === ChangeType.MODIFIED);
    const times = told.map(
      ({ instance }) =>
        Number(instance?.status?.usage?.sampleTime?.seconds ?? 0n) * 1000 + (instance?.status?.usage?.sampleTime?.nanos ?? 0) / 1e6,
    );
    assert.ok(
      told.every(({ instance }) => instance?.name === game?.name),
      "running instances only",
    );
    assert.ok(times[0] !== undefined && times[0] > 0 && (times[1] ?? 0) > times[0], "each a newer sample");
    assert.ok(
      told.every(({ instance }) => instance?.revision === game?.revision),
      "a new sample alone is no change of the instance",
    );
    assert.ok((told[0]?.instance?.status?.usage?.memoryBytes ?? 1n) > 0n);
  });

  test("no-usage-unless-asked-for", "At least one second; unset: no.", async (t) => {
    const { labels, filter } = ownFilter(t);
    await (await t.running({}, labels)).settled();
    const watch = watching(t, { filter });
    await watch.synced();
    const told = watch.changes.length;
    await sleep(1.5);
    assert.equal(watch.changes.length, told);
  });

  test(
    "heartbeats",
    "A client that hears nothing for three such intervals may take the stream for dead and resume.",
    async (t) => {
      const { labels, filter } = ownFilter(t);
      await keepBusy(t, 3);
      const watch = watching(t, { filter });
      await watch.synced();
      const seconds = 3 * Number(watch.hello?.heartbeatInterval?.seconds ?? 0n);
      const heard = watch.messages.length;
      await watch.until("a sign of life", () => watch.messages.length > heard, seconds);
      const event = watch.messages.at(-1)?.event;
      const afterCursor = event?.case === "heartbeat" || event?.case === "bookmark" ? event.value.cursor : "";
      assert.notEqual(afterCursor, "");
      const resumed = watching(t, { filter, afterCursor });
      await t.game({}, labels);
      await resumed.change("a change", () => true);
      assert.equal(resumed.hello?.resumed, true);
    },
    { lane: "patient", limitSeconds: 120 },
  );
});

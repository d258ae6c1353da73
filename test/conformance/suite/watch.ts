import assert from "node:assert/strict";
import { type Instance, InstanceState, Readiness } from "../../../src/gen/left4me/host/v1/instance_pb.ts";
import { ChangeType, type InstanceChange } from "../../../src/gen/left4me/host/v1/instance_service_pb.ts";
import { refusalOf } from "../fixtures/refusal.ts";
import type { TestContext } from "../fixtures/test-context.ts";
import { type WatchRequest, Watching } from "../fixtures/watching.ts";
import { sleep } from "../fixtures/within.ts";
import { area } from "../runner/test-case.ts";

/** A watch of this test's instances only, left when the test is over. */
function watching(t: TestContext, request: WatchRequest): Watching {
  const watch = new Watching(t.api, request);
  t.defer(() => watch.stop());
  return watch;
}

/** A label that only this test's instances have, and the filter for it. */
function own(t: TestContext) {
  const labels = { "cf/watch": t.name() };
  return { labels, filter: { labels } };
}

const idOf = (instance: Instance | undefined) => `${instance?.uid} ${instance?.revision}`;
const isRemoved = (type: ChangeType) => type === ChangeType.REMOVED;
/** How many changes some messages stand for. */
const sum = (changes: readonly InstanceChange[]) => changes.reduce((total, { merged }) => total + 1 + merged, 0);
const isStopped = ({ instance }: InstanceChange) => instance?.status?.state === InstanceState.STOPPED && instance.status.lastExit !== undefined;

export const watch = area("watch", (test) => {
  test("hello-snapshot-bookmark", "Without `after_cursor`, a snapshot follows (one `change` of type ADDED an instance) and ends with the first `bookmark`.", async (t) => {
    const { labels, filter } = own(t);
    const games = [await t.game({}, labels), await t.running({}, labels)];
    const watch = watching(t, { filter });
    await watch.synced();
    assert.deepEqual(watch.opening, ["hello", "change", "change", "bookmark"]);
    assert.equal(watch.hello?.hostId, t.world.host.id);
    assert.equal(watch.hello.resumed, false);
    assert.ok((watch.hello.heartbeatInterval?.seconds ?? 0n) > 0n);
    assert.deepEqual(watch.story.toSorted(), games.map(({ name }) => `ADDED ${name}`).toSorted());
    for (const { cursor, merged } of watch.changes) assert.deepEqual([cursor, merged], ["", 0], "a snapshot cannot be resumed half-way");
  });

  test("empty-snapshot", "Without `after_cursor`, a snapshot follows (one `change` of type ADDED an instance) and ends with the first `bookmark`.", async (t) => {
    const watch = watching(t, { filter: own(t).filter });
    await watch.synced();
    assert.deepEqual(watch.opening, ["hello", "bookmark"]);
  });

  test("changes-in-order", "Of two answers about the same uid the one with the greater revision is newer.", async (t) => {
    const { labels, filter } = own(t);
    const watch = watching(t, { filter });
    await watch.synced();
    const game = await t.game({}, labels);
    await game.start();
    await game.stop();
    await game.delete();
    await watch.change("REMOVED", ({ type }) => type === ChangeType.REMOVED);
    const { changes } = watch;
    const revisions = changes.map(({ instance }) => instance?.revision ?? 0n);
    for (const [index, revision] of revisions.entries()) assert.ok(index === 0 || revision > (revisions[index - 1] ?? 0n) || changes[index]?.type === ChangeType.REMOVED, revisions.join(" "));
    assert.deepEqual([changes[0]?.type, changes.at(-1)?.type], [ChangeType.ADDED, ChangeType.REMOVED]);
    assert.ok(changes.slice(1, -1).every(({ type }) => type === ChangeType.MODIFIED));
    const states = changes.map(({ instance }) => instance?.status?.state);
    assert.ok(states.indexOf(InstanceState.RUNNING) > 0 && states.lastIndexOf(InstanceState.STOPPED) > states.lastIndexOf(InstanceState.RUNNING));
    assert.ok(changes.some(({ instance }) => instance?.status?.readiness === Readiness.READY));
    assert.ok(changes.every(({ cursor, instance }) => cursor !== "" && instance?.spec !== undefined), "the instance in full, and a cursor");
  });

  test("told-when-it-happens", "Streams the instances as they are, and then every change.", async (t) => {
    const { labels, filter } = own(t);
    const game = await t.running({ config: ["sim_crash_after 1"] }, labels);
    const watch = watching(t, { filter });
    await watch.change("the crash", ({ instance }) => instance?.status?.lastExit?.signal === "SIGSEGV");
    await game.stop();
  });

  test("list-then-watch-has-no-gap", "Begins a watch without a gap", async (t) => {
    const { labels, filter } = own(t);
    const first = await t.game({}, labels);
    const { instances, watchCursor } = await t.api.instances.listInstances({ filter });
    assert.deepEqual(instances.map(({ name }) => name), [first.name]);
    // All of this happens before the watch begins.
    const second = await t.game({}, labels);
    await first.initialize({ config: ["echo x"] });
    await second.delete();
    const watch = watching(t, { filter, afterCursor: watchCursor });
    await watch.change("the removal", ({ type }) => type === ChangeType.REMOVED);
    assert.equal(watch.hello?.resumed, true);
    const ofFirst = watch.changes.filter(({ instance }) => instance?.name === first.name);
    assert.deepEqual([ofFirst.at(-1)?.type, ofFirst.at(-1)?.instance?.spec?.config], [ChangeType.MODIFIED, ["echo x"]]);
  });

  test("resume-after-every-cursor", "With a cursor of this host that is recent enough only what came after it follows.", async (t) => {
    const { labels, filter } = own(t);
    const watch = watching(t, { filter });
    const begin = await watch.synced();
    const [one, two] = [await t.game({}, labels), await t.game({}, labels)];
    await one.start();
    await two.initialize({ config: ["echo x"] });
    await one.stop();
    await two.delete();
    await watch.change("the stop", isStopped);
    await watch.change("the removal", ({ type }) => type === ChangeType.REMOVED);
    await sleep(0.5); // what follows an answer, e.g. that nothing holds the instance any more
    const { changes } = watch;
    const cursors = [begin, ...changes.map(({ cursor }) => cursor)];
    for (const [index, afterCursor] of cursors.entries()) {
      const rest = changes.slice(index);
      const resumed = watching(t, { filter, afterCursor });
      await resumed.until(`hello after cursor ${index}`, () => resumed.hello?.resumed === true);
      // Earlier changes of one uid may be merged; the newest of each must come, and nothing that came before.
      for (const name of [one.name, two.name]) {
        const newest = rest.filter(({ instance }) => instance?.name === name).at(-1);
        if (newest === undefined) continue;
        const isIt = ({ type, instance }: InstanceChange) => idOf(instance) === idOf(newest.instance) && isRemoved(type) === isRemoved(newest.type);
        await resumed.change(`the newest change of ${name} after cursor ${index}`, isIt);
      }
      const known = new Set(rest.map(({ instance }) => idOf(instance)));
      assert.deepEqual(resumed.changes.map(({ instance }) => idOf(instance)).filter((id) => !known.has(id)), [], `after cursor ${index} only what came after it`);
      const told = sum(resumed.changes);
      assert.ok(told >= rest.length && told <= sum(rest), `after cursor ${index} none is lost and none repeated, merged ones counted: ${told} of ${rest.length}`);
      resumed.stop();
    }
  });

  test("resume-at-a-bookmark", "Marks a point that a watch can resume from.", async (t) => {
    const { labels, filter } = own(t);
    await t.game({}, labels);
    const watch = watching(t, { filter });
    const afterCursor = await watch.synced();
    watch.stop();
    const resumed = watching(t, { filter, afterCursor });
    const next = await t.game({}, labels);
    await resumed.change("the next instance", ({ instance }) => instance?.name === next.name);
    assert.deepEqual(resumed.story[0], `ADDED ${next.name}`);
  });

  test("delete-and-create-again", "changes of different uids never are.", async (t) => {
    const { labels, filter } = own(t);
    const game = await t.game({}, labels);
    const { uid } = await game.get();
    const watch = watching(t, { filter });
    const afterCursor = await watch.synced();
    await game.delete();
    const { instance } = await game.initialize();
    for (const each of [watch, watching(t, { filter, afterCursor })]) {
      await each.change("the new one", (change) => change.type === ChangeType.ADDED && change.instance?.uid === instance.uid);
      const story = each.changes.filter(({ cursor, type }) => cursor !== "" && type !== ChangeType.MODIFIED).map((change) => [change.type, change.instance?.uid]);
      assert.deepEqual(story, [[ChangeType.REMOVED, uid], [ChangeType.ADDED, instance.uid]]);
    }
  });

  test("leaving-the-filter-by-label", "One that ceases to meet the filter is told as REMOVED.", async (t) => {
    const { labels, filter } = own(t);
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
    const { labels } = own(t);
    const watch = watching(t, { filter: { labels, states: [InstanceState.RUNNING] } });
    await watch.synced();
    const game = await t.running({}, labels);
    await game.stop();
    await watch.change("REMOVED", ({ type }) => type === ChangeType.REMOVED);
    assert.equal(watch.story[0], `ADDED ${game.name}`);
    assert.equal(watch.changes[0]?.instance?.status?.state, InstanceState.RUNNING);
  });

  test("strangers-are-never-told", "Which instances. One that ceases to meet the filter is told as REMOVED.", async (t) => {
    const { labels, filter } = own(t);
    const [mine, stranger] = [await t.game({}, labels), await t.game({}, { "cf/watch": "stranger" })];
    const watch = watching(t, { filter });
    const resumed = watching(t, { filter, afterCursor: await watch.synced() });
    await resumed.until("hello", () => resumed.hello);
    await stranger.start();
    await stranger.delete();
    const { instance } = await mine.initialize({ config: ["echo x"] });
    for (const each of [watch, resumed]) {
      await each.change("the change of the other one", (change) => change.instance?.uid === instance.uid && change.instance.revision >= instance.revision);
      assert.deepEqual([...new Set(each.changes.map((change) => change.instance?.name))], [mine.name], each === watch ? "from a snapshot" : "resumed");
    }
  });

  test("cursor-that-is-none", "The cursor is malformed or belongs to another host, instance name, stream or filter.", async (t) => {
    const { labels, filter } = own(t);
    const game = await t.game({}, labels);
    const good = (await t.api.instances.listInstances({ filter })).watchCursor;
    const { entries } = await (await t.running({}, labels)).log();
    const damaged = `${good.slice(0, -2)}${good.endsWith("A") ? "BB" : "AA"}`;
    for (const afterCursor of ["nonsense", "../../etc", "%00", damaged, `${good}x`, entries[0]?.cursor ?? "", "x".repeat(10_000)]) {
      refusalOf(await watching(t, { filter, afterCursor }).ended(), "INVALID_CURSOR");
    }
    refusalOf(await watching(t, { filter: { names: [game.name] }, afterCursor: good }).ended(), "INVALID_CURSOR");
  });

  test("usage-at-an-interval", "Also tells running instances at this interval for the sake of their `status.usage`.", async (t) => {
    const { labels, filter } = own(t);
    const game = await t.running({}, labels);
    await t.game({}, labels);
    const watch = watching(t, { filter, usageInterval: { seconds: 1n } });
    await watch.synced();
    await watch.until("two tellings", () => watch.changes.filter(({ type }) => type === ChangeType.MODIFIED).length >= 2);
    const told = watch.changes.filter(({ type }) => type === ChangeType.MODIFIED);
    const times = told.map(({ instance }) => Number(instance?.status?.usage?.sampleTime?.seconds ?? 0n) * 1000 + (instance?.status?.usage?.sampleTime?.nanos ?? 0) / 1e6);
    assert.ok(told.every(({ instance }) => instance?.name === game.name), "running instances only");
    assert.ok(times[0] !== undefined && times[0] > 0 && (times[1] ?? 0) > times[0], "each a newer sample");
    const { revision } = await game.get();
    assert.ok(told.every(({ instance }) => instance?.revision === revision), "a new sample alone is no change of the instance");
    assert.ok((told[0]?.instance?.status?.usage?.memoryBytes ?? 1n) > 0n);
  });

  test("no-usage-unless-asked-for", "At least one second; unset: no.", async (t) => {
    const { labels, filter } = own(t);
    await t.running({}, labels);
    const watch = watching(t, { filter });
    await watch.synced();
    const told = watch.changes.length;
    await sleep(1.5);
    assert.equal(watch.changes.length, told);
  });

  test("heartbeats", "A client that hears nothing for three such intervals may take the stream for dead and resume.", async (t) => {
    const { labels, filter } = own(t);
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
  }, { lane: "patient", limitSeconds: 120 });
});

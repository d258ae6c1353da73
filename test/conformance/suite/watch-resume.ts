import assert from "node:assert/strict";
import { type Instance, InstanceState, type InstanceStatus } from "../../../src/gen/left4me/host/v1/instance_pb.ts";
import { ChangeType, type InstanceChange } from "../../../src/gen/left4me/host/v1/instance_service_pb.ts";
import { refusalOf } from "../fixtures/refusal.ts";
import { ownFilter, watching } from "../fixtures/watching-own.ts";
import { area } from "../runner/test-case.ts";

const idOf = (instance: Instance | undefined) => `${instance?.uid} ${instance?.revision}`;
const isRemoved = (type: ChangeType) => type === ChangeType.REMOVED;
/** How many changes some messages stand for. */
const sum = (changes: readonly InstanceChange[]) => changes.reduce((total, { merged }) => total + 1 + merged, 0);
const isStopped = ({ instance }: InstanceChange) =>
  instance?.status?.state === InstanceState.STOPPED && instance.status.lastExit !== undefined;

export const watchResume = area("watch", (test) => {
  test("list-then-watch-has-no-gap", "Begins a watch without a gap", async (t) => {
    const { labels, filter } = ownFilter(t);
    const [first, second] = [await t.game({}, labels), await t.game({}, labels)];
    const { instances, watchCursor } = await t.api.instances.listInstances({ filter });
    const names = instances.map(({ name }) => name);
    assert.deepEqual(names, [first.name, second.name].toSorted());
    // All of this happens before the watch begins.
    const third = await t.game({}, labels);
    await second.delete();
    const { instance } = await first.initialize({ config: ["echo x"] });
    for (const game of [first, third]) await game.settled();
    const watch = watching(t, { filter, afterCursor: watchCursor });
    await watch.change(
      "the change of the first",
      (change) => change.instance?.uid === instance.uid && change.instance.revision >= instance.revision,
    );
    assert.equal(watch.hello?.resumed, true);
    assert.deepEqual(watch.story, [`ADDED ${third.name}`, `REMOVED ${second.name}`, `MODIFIED ${first.name}`]);
  });

  test("resume-after-every-cursor", "With a cursor of this host that is recent enough only what came after it follows", async (t) => {
    const { labels, filter } = ownFilter(t);
    const watch = watching(t, { filter });
    const begin = await watch.synced();
    const [one, two] = [await t.game({}, labels), await t.game({}, labels)];
    await one.start();
    await two.initialize({ config: ["echo x"] });
    await one.stop();
    await two.delete();
    await watch.change("the stop", isStopped);
    await watch.change("the removal", ({ type }) => type === ChangeType.REMOVED);
    const isComplete = ({ operation, lastExit }: InstanceStatus) => operation === undefined && lastExit?.lastLines.length !== 0;
    const { revision } = await one.until("all that follows the stop", isComplete);
    await watch.change("the newest revision", ({ instance }) => instance?.name === one.name && instance.revision >= revision);
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
        if (isRemoved(newest.type) && rest.some(({ type, instance }) => type === ChangeType.ADDED && instance?.name === name)) continue; // came-and-went proves that
        const isIt = ({ type, instance }: InstanceChange) =>
          idOf(instance) === idOf(newest.instance) && isRemoved(type) === isRemoved(newest.type);
        await resumed.change(`the newest change of ${name} after cursor ${index}`, isIt);
      }
      const known = new Set(rest.map(({ instance }) => idOf(instance)));
      assert.deepEqual(
        resumed.changes.map(({ instance }) => idOf(instance)).filter((id) => !known.has(id)),
        [],
        `after cursor ${index} only what came after it`,
      );
      const told = sum(resumed.changes);
      assert.ok(
        // The first watch goes on: whatever came late has come to it as well.
        told <= sum(watch.changes.slice(index)) && told >= rest.filter(({ instance }) => instance?.name === one.name).length,
        `after cursor ${index} none is lost and none repeated, merged ones counted: ${told} of ${rest.length}`,
      );
      resumed.stop();
    }
  });

  test(
    "came-and-went-in-between",
    "Changes of one uid that come faster than the client reads are merged into the newest, whose `merged` counts them; changes of different uids never are.",
    async (t) => {
      const { labels, filter } = ownFilter(t);
      const { watchCursor } = await t.api.instances.listInstances({ filter });
      const game = await t.game({}, labels);
      await game.delete();
      const watch = watching(t, { filter, afterCursor: watchCursor });
      const removal = await watch.change("the removal", ({ type }) => isRemoved(type), 5);
      assert.equal(removal.instance?.name, game.name);
      assert.ok(removal.merged >= 1, "the creation is counted");
    },
  );

  test("resume-at-a-bookmark", "Everything up to here has been told. Ends a snapshot, or what came after the cursor.", async (t) => {
    const { labels, filter } = ownFilter(t);
    await (await t.game({}, labels)).settled();
    const watch = watching(t, { filter });
    const afterCursor = await watch.synced();
    watch.stop();
    const resumed = watching(t, { filter, afterCursor });
    await resumed.synced();
    assert.deepEqual(resumed.opening, ["hello", "bookmark"]);
    const next = await t.game({}, labels);
    await resumed.change("the next instance", ({ instance }) => instance?.name === next.name);
    assert.equal(resumed.story[0], `ADDED ${next.name}`);
    const later = watching(t, { filter, afterCursor });
    await later.synced();
    assert.deepEqual([later.opening[1], later.opening.at(-1)], ["change", "bookmark"], "what came after the cursor stands before it");
  });

  test("delete-and-create-again", "changes of different uids never are.", async (t) => {
    const { labels, filter } = ownFilter(t);
    const game = await t.game({}, labels);
    const { uid } = await game.get();
    const watch = watching(t, { filter });
    const afterCursor = await watch.synced();
    await game.delete();
    const { instance } = await game.initialize();
    for (const each of [watch, watching(t, { filter, afterCursor })]) {
      await each.change("the new one", (change) => change.type === ChangeType.ADDED && change.instance?.uid === instance.uid);
      const story = each.changes
        .filter(({ cursor, type }) => cursor !== "" && type !== ChangeType.MODIFIED)
        .map((change) => [change.type, change.instance?.uid]);
      assert.deepEqual(story, [
        [ChangeType.REMOVED, uid],
        [ChangeType.ADDED, instance.uid],
      ]);
    }
  });

  test("strangers-are-never-told", "Which instances. One that ceases to meet the filter is told as REMOVED.", async (t) => {
    const { labels, filter } = ownFilter(t);
    const [mine, stranger] = [await t.game({}, labels), await t.game({}, { "cf/watch": "stranger" })];
    const watch = watching(t, { filter });
    const resumed = watching(t, { filter, afterCursor: await watch.synced() });
    await resumed.until("hello", () => resumed.hello);
    await stranger.start();
    await stranger.delete();
    const { instance } = await mine.initialize({ config: ["echo x"] });
    for (const each of [watch, resumed]) {
      await each.change(
        "the change of the other one",
        (change) => change.instance?.uid === instance.uid && change.instance.revision >= instance.revision,
      );
      assert.deepEqual(
        [...new Set(each.changes.map((change) => change.instance?.name))],
        [mine.name],
        each === watch ? "from a snapshot" : "resumed",
      );
    }
  });

  test("cursor-that-is-none", "The cursor is malformed or belongs to another host, instance name, stream or filter.", async (t) => {
    const { labels, filter } = ownFilter(t);
    const game = await t.game({}, labels);
    const good = (await t.api.instances.listInstances({ filter })).watchCursor;
    const { entries } = await (await t.running({}, labels)).log();
    const damaged = `${good.slice(0, -2)}${good.endsWith("A") ? "BB" : "AA"}`;
    for (const afterCursor of ["nonsense", "../../etc", "%00", damaged, `${good}x`, entries[0]?.cursor ?? "", "x".repeat(10_000)]) {
      refusalOf(await watching(t, { filter, afterCursor }).ended(), "INVALID_CURSOR");
    }
    refusalOf(await watching(t, { filter: { names: [game.name] }, afterCursor: good }).ended(), "INVALID_CURSOR");
  });
});

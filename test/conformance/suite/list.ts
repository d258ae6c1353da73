import assert from "node:assert/strict";
import { InstanceState } from "../../../src/gen/left4me/host/v1/instance_pb.ts";
import type { InstanceFilter } from "../../../src/gen/left4me/host/v1/instance_service_pb.ts";
import { allPages } from "../fixtures/list-all.ts";
import { refusal } from "../fixtures/refusal.ts";
import { seen } from "../fixtures/seen-instance.ts";
import type { TestContext } from "../fixtures/test-context.ts";
import { area } from "../runner/test-case.ts";

type Filter = Partial<Pick<InstanceFilter, "names" | "labels" | "states">>;

async function namesOf(t: TestContext, filter: Filter): Promise<string[]> {
  const { instances } = await t.api.instances.listInstances({ filter });
  return instances.map(({ name }) => name);
}

/** A label that only this test's instances have. */
function ownLabel(t: TestContext): Record<string, string> {
  return { "cf/list": t.name() };
}

export const list = area("list", (test) => {
  test("in-the-order-of-names", "Lists instances in the order of their names, from memory.", async (t) => {
    const labels = ownLabel(t);
    const names: string[] = [];
    for (let index = 0; index < 3; index++) names.push((await t.game({}, labels)).name);
    assert.deepEqual(await namesOf(t, { labels }), names.toSorted());
    const everything = (await t.api.instances.listInstances({})).instances.map(({ name }) => name);
    assert.deepEqual(everything, everything.toSorted());
  });

  test("shows-what-get-shows", "Returns one instance, from memory.", async (t) => {
    const game = await t.running({ config: ["echo x"] }, ownLabel(t));
    await game.stop();
    const { instances } = await t.api.instances.listInstances({ filter: { names: [game.name] } });
    const { instance } = await t.api.instances.getInstance({ name: game.name });
    assert.deepEqual(instances, [instance]);
  });

  test("answer-then-get", "Of two answers about the same uid the one with the greater revision is newer.", async (t) => {
    const game = await t.game({ config: ["echo x"] });
    const verbs = [
      () => game.start(),
      () => game.restart(),
      () => game.stop(),
      () => game.start(),
      () => game.reset(),
      () => game.initialize({ config: ["echo y"] }),
    ];
    for (const verb of verbs) {
      const { instance: answered } = await verb();
      const { instances } = await t.api.instances.listInstances({ filter: { names: [game.name] } });
      for (const read of [await game.get(), seen(instances[0])]) {
        assert.ok(read.revision >= answered.revision, "a read after an answer shows what it said, or something newer");
        assert.deepEqual([read.etag, read.status.state, read.desiredState], [answered.etag, answered.status.state, answered.desiredState]);
      }
    }
  });

  test("filter-by-name", "Exact names. Empty selects every name. At most 1000.", async (t) => {
    const [one, two] = [await t.game(), await t.game()];
    assert.deepEqual(await namesOf(t, { names: [two.name, one.name, "no-such-name"] }), [one.name, two.name].toSorted());
    assert.deepEqual(await namesOf(t, { names: [one.name.slice(0, -1)] }), [], "exact names, no prefixes");
  });

  test("filter-by-label", "Labels that must be present with exactly these values.", async (t) => {
    const labels = ownLabel(t);
    const game = await t.game({}, { ...labels, mode: "coop", region: "eu" });
    await t.game({}, { ...labels, mode: "versus" });
    assert.deepEqual(await namesOf(t, { labels: { ...labels, mode: "coop" } }), [game.name]);
    assert.deepEqual(await namesOf(t, { labels: { ...labels, mode: "coop", region: "us" } }), []);
    assert.deepEqual(await namesOf(t, { labels: { ...labels, mode: "" } }), []);
  });

  test("filter-by-state", "States. Empty selects every state.", async (t) => {
    const labels = ownLabel(t);
    const [stopped, running] = [await t.game({}, labels), await t.running({}, labels)];
    assert.deepEqual(await namesOf(t, { labels, states: [InstanceState.RUNNING] }), [running.name]);
    assert.deepEqual(await namesOf(t, { labels, states: [InstanceState.STOPPED] }), [stopped.name]);
    assert.deepEqual(
      await namesOf(t, { labels, states: [InstanceState.STOPPED, InstanceState.RUNNING] }),
      [stopped.name, running.name].toSorted(),
    );
    assert.deepEqual(
      await namesOf(t, { labels, names: [stopped.name], states: [InstanceState.RUNNING] }),
      [],
      "every condition that is set",
    );
  });

  test("page-by-page", "The token for the next page; empty when this was the last.", async (t) => {
    const labels = ownLabel(t);
    const names: string[] = [];
    for (let index = 0; index < 4; index++) names.push((await t.game({}, labels)).name);
    const cursors = new Set<string>();
    const sizes: number[] = [];
    const all = await allPages(async (pageToken) => {
      const page = await t.api.instances.listInstances({ pageSize: 1, pageToken, filter: { labels } });
      cursors.add(page.watchCursor);
      sizes.push(page.instances.length);
      return [page.instances, page.nextPageToken];
    });
    assert.deepEqual(
      all.map(({ name }) => name),
      names.toSorted(),
    );
    assert.deepEqual(sizes, [1, 1, 1, 1], "no empty page at the end");
    assert.equal(cursors.size, 1, "the same on every page of one listing");
  });

  test("page-behind-a-deleted-instance", "A page reflects one moment; pages of one listing may reflect different ones.", async (t) => {
    const labels = ownLabel(t);
    const games = [];
    for (let index = 0; index < 3; index++) games.push(await t.game({}, labels));
    const [first, second, third] = games.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const page = await t.api.instances.listInstances({ pageSize: 1, filter: { labels } });
    assert.deepEqual(
      page.instances.map(({ name }) => name),
      [first?.name],
    );
    await first?.delete();
    const rest = await t.api.instances.listInstances({ pageToken: page.nextPageToken, filter: { labels } });
    assert.deepEqual(
      rest.instances.map(({ name }) => name),
      [second?.name, third?.name],
    );
  });

  test("token-of-another-filter", "A page token is only valid with the filter that it was given for.", async (t) => {
    const labels = ownLabel(t);
    await t.game({}, labels);
    await t.game({}, labels);
    const { nextPageToken: pageToken } = await t.api.instances.listInstances({ pageSize: 1, filter: { labels } });
    assert.notEqual(pageToken, "");
    await refusal(t.api.instances.listInstances({ pageToken, filter: { labels: { other: "x" } } }), "INVALID_PAGE_TOKEN");
    await refusal(t.api.instances.listInstances({ pageToken }), "INVALID_PAGE_TOKEN");
    await refusal(t.api.host.listOverlays({ pageToken }), "INVALID_PAGE_TOKEN");
  });

  test("large-pages-are-cut", "A page may hold fewer instances than asked for: it is cut at 1 MiB.", async (t) => {
    const labels = ownLabel(t);
    const config = Array.from({ length: 200 }, (_, index) => `echo ${index}`.padEnd(1000, "x"));
    const games = await Promise.all(Array.from({ length: 7 }, () => t.game({ config }, labels)));
    const sizes: number[] = [];
    const all = await allPages(async (pageToken) => {
      const { instances, nextPageToken } = await t.api.instances.listInstances({ pageToken, filter: { labels } });
      sizes.push(instances.length);
      return [instances, nextPageToken];
    });
    assert.deepEqual(
      all.map(({ name }) => name),
      games.map(({ name }) => name).toSorted(),
    );
    assert.ok(
      sizes.every((size) => size >= 1 && size <= 5),
      `pages of ${sizes.join(", ")} instances of 200 KB`,
    );
  });
});

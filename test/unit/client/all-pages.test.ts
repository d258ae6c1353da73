import assert from "node:assert/strict";
import { test } from "node:test";
import { pack } from "tar-stream";
import { allPages, asHostFailure, type HostClient, importOverlay } from "../../../src/client/index.ts";
import { run, withFake } from "../testing/with-fake.ts";

const names = ["a", "b", "c", "d", "e"];

async function fill(client: HostClient): Promise<void> {
  for (const [index, name] of names.entries()) {
    const labels = name === "e" ? {} : { team: "x" };
    await client.instances.initializeInstance({ name, labels, spec: { port: 27015 + index } });
  }
}

test("goes through all pages, with the filter and the size on each of them", async (t) => {
  const { client } = await withFake(t);
  await fill(client);
  const pages: string[][] = [];
  const filter = { labels: { team: "x" } };
  for await (const { instances, watchCursor } of allPages(client.instances.listInstances, { pageSize: 3, filter })) {
    assert.notEqual(watchCursor, "");
    pages.push(instances.map(({ name }) => name));
  }
  assert.deepEqual(pages, [["a", "b", "c"], ["d"]]);
});

test("knows every list of the contract by its type", async (t) => {
  const { client } = await withFake(t);
  await run(client, "a", ["sim_write left4dead2/mine.txt x"]);
  await client.instances.resetInstance({ name: "a", archive: true });
  const archive = pack();
  archive.entry({ name: "left4dead2/x" }, "x");
  archive.finalize();
  await importOverlay(client, "maps", archive as unknown as AsyncIterable<Uint8Array>);
  const counts: number[] = [];
  for await (const { archives } of allPages(client.instances.listArchives, { name: "a" })) counts.push(archives.length);
  for await (const { builds } of allPages(client.installation.listBuilds, {})) counts.push(builds.length);
  for await (const { overlays } of allPages(client.host.listOverlays, {})) counts.push(overlays.length);
  assert.deepEqual(counts, [1, 1, 1]);
});

test("asks for no page that nobody wants, begins where it is told to, and throws what the call throws", async (t) => {
  const { fake, client } = await withFake(t);
  await fill(client);
  let pageToken = "";
  for await (const page of allPages(client.instances.listInstances, { pageSize: 2 })) {
    pageToken = page.nextPageToken;
    fake.failNext("listInstances", { reason: "DISK_FAILED" });
    break;
  }
  const reasonOf = async (pages: AsyncIterable<unknown>) => {
    try {
      for await (const _ of pages);
      return "ok";
    } catch (error) {
      return asHostFailure(error)?.reason;
    }
  };
  assert.equal(await reasonOf(allPages(client.instances.listInstances, {})), "DISK_FAILED", "the failure was still to come");
  const rest: string[] = [];
  for await (const { instances } of allPages(client.instances.listInstances, { pageSize: 2, pageToken })) {
    rest.push(...instances.map(({ name }) => name));
  }
  assert.deepEqual(rest, ["c", "d", "e"]);
  assert.equal(await reasonOf(allPages(client.instances.listInstances, { pageToken: "none" })), "INVALID_PAGE_TOKEN");
});

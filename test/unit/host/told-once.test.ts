import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { hostLayout } from "../../../src/domain/host-layout.ts";
import type { HostApi } from "../../../src/host/api.ts";
import { openHost } from "../../../src/host/open-host.ts";
import { fakeBuild } from "../../../src/testing/fake-build.ts";
import { FakeDriver } from "../../../src/testing/fake-driver.ts";

const { signal } = new AbortController();
const caller = { identity: "test", signal };

type Setup = { readonly root: string; readonly driver: FakeDriver; open(isReady: () => boolean): Promise<HostApi> };

async function setUp(t: TestContext): Promise<Setup> {
  const root = await mkdtemp(join(tmpdir(), "l4m-told-"));
  const driver = new FakeDriver();
  t.after(() => rm(root, { recursive: true, force: true }));
  return { root, driver, open: (isReady) => openHost({ root, driver, version: "test", probe: async () => isReady() }) };
}

async function events(host: HostApi): Promise<string[]> {
  const seen: string[] = [];
  for await (const event of host.logs({ name: "a", follow: false, lines: 1000 }, signal)) {
    if (event.type === "batch") seen.push(...event.entries.flatMap((entry) => entry.event ?? []));
  }
  return seen;
}

async function startOne(host: HostApi, waitFor: "READY" | "ACTIVE"): Promise<void> {
  await host.importBuild(fakeBuild(), true, signal);
  await host.initialize({ name: "a", spec: { port: 27032 }, labels: {}, etag: "", validateOnly: false, createOnly: false }, caller);
  await host.start({ name: "a", etag: "", waitFor }, caller);
}

async function untilReady(host: HostApi): Promise<void> {
  await until("it is ready", async () => host.get("a").status.readiness === "READY");
}

/** Waits until it is noted that READY has been told of the present invocation. */
async function untilNoted(host: HostApi, root: string): Promise<void> {
  const { uid, status } = host.get("a");
  const note = hostLayout(root).ready("a", uid);
  await until("READY is noted", async () => (await readFile(note, "utf8").catch(() => "")) === status.invocationId);
}

async function until(what: string, isIt: () => Promise<boolean>): Promise<void> {
  const limit = Date.now() + 60_000;
  while (!(await isIt())) {
    assert.ok(Date.now() < limit, `not within 60 s: ${what}`);
    await sleep(10);
  }
}

test("a game that became ready while no daemon ran: the log says READY, once", async (t) => {
  const { root, open } = await setUp(t);
  const first = await open(() => false);
  await startOne(first, "ACTIVE");
  await first.close();
  for (const _ of ["the daemon that finds it ready", "and the one after"]) {
    const host = await open(() => true);
    await untilReady(host);
    await untilNoted(host, root);
    assert.deepEqual(await events(host), ["STARTED", "READY"]);
    await host.close();
  }
});

test("a game that a daemon saw become ready is not told again by the next one", async (t) => {
  const { root, open } = await setUp(t);
  const first = await open(() => true);
  await startOne(first, "READY");
  await untilNoted(first, root);
  await first.close();
  const second = await open(() => true);
  await untilReady(second);
  assert.deepEqual(await events(second), ["STARTED", "READY"]);
  await second.close();
});

test("the report of an exit belongs to one instance: a later one of the name does not get it", async (t) => {
  const { root, driver, open } = await setUp(t);
  const layout = hostLayout(root);
  const first = await open(() => true);
  await startOne(first, "READY");
  driver.running("a").crash({ signal: "SIGSEGV" }, true);
  const { uid } = first.get("a");
  const own = join(root, "kept");
  await until("the exit is on disk", async () => existsSync(layout.exit("a", uid)));
  await rename(layout.exit("a", uid), own);
  await first.delete({ name: "a", etag: "" }, caller);
  await startOne(first, "READY");
  // What an earlier instance's end writes late, lands where it belongs.
  await rename(own, layout.exit("a", uid));
  await writeFile(layout.ready("a", uid), first.get("a").status.invocationId);
  await first.close();
  const second = await open(() => true);
  assert.equal(second.get("a").status.lastExit, undefined);
  await second.close();
});

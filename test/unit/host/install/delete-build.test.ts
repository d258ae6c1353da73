import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type HostLayout, hostLayout } from "../../../../src/domain/host-layout.ts";
import { isOver } from "../../../../src/domain/install-job.ts";
import type { HostApi } from "../../../../src/host/api.ts";
import type { Host } from "../../../../src/host/host.ts";
import { openHost } from "../../../../src/host/open-host.ts";
import { fakeBuild } from "../../../../src/testing/fake-build.ts";
import { FakeDriver } from "../../../../src/testing/fake-driver.ts";
import { beforeCall } from "../files/failing-call.ts";
import { hostError } from "../unpack/scratch.ts";
import { ScriptedRunner } from "./scripted-runner.ts";

const { signal } = new AbortController();
const caller = { identity: "test", signal };
const order = { validate: false, jobId: "", afterSequence: 0, keepActiveBuild: false, bootstrap: false };
const game = { srcds_run: "#!/bin/sh\n", srcds_linux: "#!/bin/sh\n", "steamapps/appmanifest_222860.acf": `"buildid" "1"\n` };

test("layers go with the last build that has them", async (t) => {
  const { host, runner, layers } = await opened(t);
  const first = await installed(host, runner, game);
  const second = await installed(host, runner, { new: "n" });
  const { build: other } = await host.importBuild(fakeBuild(), true, signal);
  assert.equal((await layers()).length, 3);
  assert.deepEqual(await host.deleteBuild(first), { changed: true });
  assert.equal((await layers()).length, 3, "the second is made over the first");
  assert.deepEqual(await host.deleteBuild(second), { changed: true });
  assert.deepEqual(await layers(), [other.id]);
  assert.deepEqual(await host.deleteBuild(second), { changed: false });
});

test("what an installation is made over stays until its end", async (t) => {
  const { host, runner } = await opened(t);
  const base = await installed(host, runner, game);
  await host.importBuild(fakeBuild(), true, signal);
  await host.activateBuild(base);
  const job = host.install(order, caller)[Symbol.asyncIterator]();
  await job.next();
  await until("it is staged", async () => runner.starts.length === 2);
  await host.activateBuild(host.builds().find(({ id }) => id !== base)?.id ?? "");
  await assert.rejects(host.deleteBuild(base), hostError("BUILD_IN_USE", new RegExp(`installation ${host.installation().job?.id}`)));
  await host.cancelInstall("");
  assert.deepEqual(await host.deleteBuild(base), { changed: true });
});

test("behind a start that is under way the layers go when it is over", async (t) => {
  const { host, driver, runner, layers } = await opened(t);
  const old = await installed(host, runner, game);
  await host.importBuild(fakeBuild(), true, signal);
  await host.initialize({ name: "a", spec: { port: 27032 }, labels: {}, etag: "", validateOnly: false, createOnly: false }, caller);
  const gate = Promise.withResolvers<void>();
  const start = driver.start.bind(driver);
  driver.start = async (...plan) => {
    await gate.promise;
    return start(...plan);
  };
  const starting = host.start({ name: "a", etag: "", waitFor: "ACTIVE" }, caller);
  await until("it holds the instance", async () => host.get("a").status.operation !== undefined);
  assert.deepEqual(await host.deleteBuild(old), { changed: true });
  assert.ok((await layers()).includes(old));
  gate.resolve();
  await starting;
  await until("the layer is gone", async () => !(await layers()).includes(old));
});

test("what a killed job had renamed, and not yet published, outlives the removal of another build", async (t) => {
  const { host, runner, layers, layout, reopen } = await opened(t);
  const base = await installed(host, runner, game);
  const made = await installed(host, runner, { new: "n" });
  const { build: other } = await host.importBuild(fakeBuild(), false, signal);
  await host.activateBuild(base);
  await host.close();
  await beUnpublished(layout, made);
  const gate = Promise.withResolvers<void>();
  beforeCall(t, "rename", async (path) => (path === layout.installJob ? await gate.promise : undefined));
  const next = await reopen();
  assert.deepEqual(await next.deleteBuild(other.id), { changed: true });
  assert.deepEqual((await layers()).sort(), [base, made].sort(), "the layer of the removed build is gone at once");
  gate.resolve();
  await until("it is over", async () => isOver(next.installation().job ?? { phase: "FAILED" }));
  const { job } = next.installation();
  assert.deepEqual([job?.phase, job?.failure?.cause, job?.buildId, next.activeBuild()?.id], ["SUCCEEDED", undefined, made, made]);
});

/** As if the daemon had been killed when a build that it published was no more than a layer. */
async function beUnpublished(layout: HostLayout, id: string): Promise<void> {
  const { outcome: _, endTime: __, ...record } = JSON.parse(await readFile(layout.installJob, "utf8"));
  await writeFile(layout.installJob, JSON.stringify({ ...record, stage: "PUBLISHING", activated: false }));
  await rm(layout.build(id));
}

async function opened(t: TestContext) {
  const root = await mkdtemp(join(tmpdir(), "l4m-delete-build-"));
  const runner = new ScriptedRunner(join(root, "runner"));
  const driver = Object.assign(new FakeDriver(), { installer: runner });
  const layout = hostLayout(root);
  const hosts: Host[] = [];
  const reopen = async () => {
    const host = await openHost({ root, driver, version: "test", probe: async () => true });
    hosts.push(host);
    return host;
  };
  t.after(async () => {
    for (const host of hosts) await host.close();
    await rm(root, { recursive: true, force: true });
  });
  return { host: await reopen(), driver, runner, layout, layers: () => readdir(layout.layers), reopen };
}

/** Installs these files over the active build. @returns the id of the build that it made */
async function installed(host: HostApi, runner: ScriptedRunner, added: Readonly<Record<string, string>>): Promise<string> {
  const earlier = runner.starts.length;
  const follow = collect(host.install(order, caller));
  await until("it is staged", async () => runner.starts.length > earlier);
  await runner.succeed(added, [...new Set([...Object.keys(game), ...Object.keys(added)])]);
  const last = (await follow).at(-1);
  assert.ok(last?.type === "job" && last.job.phase === "SUCCEEDED", JSON.stringify(last));
  return last.job.buildId;
}

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of stream) all.push(one);
  return all;
}

async function until(what: string, isIt: () => Promise<boolean>): Promise<void> {
  const limit = Date.now() + 60_000;
  while (!(await isIt())) {
    assert.ok(Date.now() < limit, `not within 60 s: ${what}`);
    await sleep(10);
  }
}

import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { hostLayout } from "../../../../src/domain/host-layout.ts";
import type { HostApi } from "../../../../src/host/api.ts";
import { openHost } from "../../../../src/host/open-host.ts";
import { fakeBuild } from "../../../../src/testing/fake-build.ts";
import { FakeDriver } from "../../../../src/testing/fake-driver.ts";
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

async function opened(t: TestContext) {
  const root = await mkdtemp(join(tmpdir(), "l4m-delete-build-"));
  const runner = new ScriptedRunner(join(root, "runner"));
  const driver = Object.assign(new FakeDriver(), { installer: runner });
  const host = await openHost({ root, driver, version: "test", probe: async () => true });
  t.after(async () => {
    await host.close();
    await rm(root, { recursive: true, force: true });
  });
  return { host, driver, runner, layers: () => readdir(hostLayout(root).layers) };
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

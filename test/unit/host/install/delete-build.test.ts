import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { dirname } from "node:path";
import { test } from "node:test";
import { fakeBuild } from "../../../../src/testing/fake-build.ts";
import { beforeCall } from "../files/failing-call.ts";
import { hostError } from "../unpack/scratch.ts";
import { beUnfinished, caller, ended, game, install, installed, opened, order, signal, until } from "./installing-host.ts";

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
  await beUnfinished(layout);
  await rm(layout.build(made));
  const gate = Promise.withResolvers<void>();
  beforeCall(t, "rename", async (path) => (path === layout.installJob ? await gate.promise : undefined));
  const next = await reopen();
  assert.deepEqual(await next.deleteBuild(other.id), { changed: true });
  assert.deepEqual((await layers()).sort(), [base, made].sort(), "the layer of the removed build is gone at once");
  gate.resolve();
  const job = await ended(next);
  assert.deepEqual([job.phase, job.failure?.cause, job.buildId, next.activeBuild()?.id], ["SUCCEEDED", undefined, made, made]);
});

test("what an installation has published, and not yet activated, stays until its end", async (t) => {
  const { host, runner, layout } = await opened(t);
  await installed(host, runner, game);
  let deleting: Promise<unknown> | undefined;
  // What is asked while the manifest is written comes before the activation.
  beforeCall(t, "rename", async (path) => {
    if (deleting !== undefined || dirname(path) !== layout.builds || !path.endsWith(".json")) return;
    deleting = host.deleteBuild(path.slice(-21, -5));
    deleting.catch(() => {}); // awaited below
  });
  const job = await install(host, runner, { new: "n" });
  assert.deepEqual([job.phase, host.activeBuild()?.id], ["SUCCEEDED", job.buildId], JSON.stringify(job.failure));
  await assert.rejects(
    deleting ?? assert.fail("nothing was deleted"),
    hostError("BUILD_IN_USE", new RegExp(`the installation ${job.id} publishes`)),
  );
});

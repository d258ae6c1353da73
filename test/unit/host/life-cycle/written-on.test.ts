import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { hostLayout } from "../../../../src/domain/host-layout.ts";
import type { HostApi } from "../../../../src/host/api.ts";
import { openHost } from "../../../../src/host/open-host.ts";
import { LayerHost } from "../layers/layer-host.ts";
import { tarOf, uploadOf } from "../unpack/tar.ts";

const { signal } = new AbortController();
const caller = { identity: "test", signal };

test("a start that failed has written nothing: the next one still tells that the build is another", async (t) => {
  const { host, driver } = await opened(t);
  await start(host);
  await host.stop({ name: "a", etag: "" }, caller);
  await update(host);
  driver.behaviour.startFailure = "no";
  await assert.rejects(start(host), { reason: "START_FAILED" });
  driver.behaviour.startFailure = undefined;
  assert.deepEqual(await start(host), ["WRITTEN_ON_OTHER_BUILD"]);
});

test("where nothing but starts that failed came before, no other build was written over", async (t) => {
  const { host, driver } = await opened(t);
  driver.behaviour.startFailure = "no";
  await assert.rejects(start(host), { reason: "START_FAILED" });
  driver.behaviour.startFailure = undefined;
  await update(host);
  assert.deepEqual(await start(host), []);
});

test("a daemon that was killed behind the start: the next one knows what the game runs on", async (t) => {
  const { host, driver, root } = await opened(t);
  await start(host);
  await host.close();
  const file = hostLayout(root).record("a");
  const { writtenOn, ...record } = JSON.parse(await readFile(file, "utf8"));
  assert.ok(writtenOn !== undefined);
  await writeFile(file, JSON.stringify({ ...record, intent: "START" }));
  const next = await openHost({ root, driver, version: "test", probe: async () => true });
  t.after(() => next.close());
  while ("intent" in JSON.parse(await readFile(file, "utf8"))) await sleep(5);
  await update(next);
  await next.stop({ name: "a", etag: "" }, caller);
  assert.deepEqual(await start(next), ["WRITTEN_ON_OTHER_BUILD"]);
});

async function opened(t: TestContext): Promise<LayerHost> {
  const opened = await LayerHost.open(t, {});
  await opened.initialize({});
  return opened;
}

/** @returns the codes of the warnings */
async function start(host: HostApi): Promise<string[]> {
  const { warnings } = await host.start({ name: "a", etag: "", waitFor: "ACTIVE" }, caller);
  return warnings.map(({ code }) => code);
}

async function update(host: HostApi): Promise<void> {
  await host.importBuild(uploadOf(tarOf({ name: "srcds_run", mode: 0o755, content: "#!/bin/sh\n# 2\n" })), true, signal);
}

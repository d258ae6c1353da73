import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type HostLayout, hostLayout } from "../../../../src/domain/host-layout.ts";
import { type InstallJob, isOver } from "../../../../src/domain/install-job.ts";
import type { HostApi } from "../../../../src/host/api.ts";
import type { Host } from "../../../../src/host/host.ts";
import { openHost } from "../../../../src/host/open-host.ts";
import { FakeDriver } from "../../../../src/testing/fake-driver.ts";
import { ScriptedRunner } from "./scripted-runner.ts";

export const { signal } = new AbortController();
export const caller = { identity: "test", signal };
export const order = { validate: false, jobId: "", afterSequence: 0, keepActiveBuild: false, bootstrap: false };
export const game = { srcds_run: "#!/bin/sh\n", srcds_linux: "#!/bin/sh\n", "steamapps/appmanifest_222860.acf": `"buildid" "1"\n` };

/** A host whose installer is the test. */
export async function opened(t: TestContext) {
  const root = await mkdtemp(join(tmpdir(), "l4m-installing-host-"));
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
export async function installed(host: HostApi, runner: ScriptedRunner, added: Readonly<Record<string, string>>): Promise<string> {
  const job = await install(host, runner, added);
  assert.equal(job.phase, "SUCCEEDED", JSON.stringify(job));
  return job.buildId;
}

/** Lets an installer write these files over the active build. @returns the job as it ended */
export async function install(host: HostApi, runner: ScriptedRunner, added: Readonly<Record<string, string>>): Promise<InstallJob> {
  const earlier = runner.starts.length;
  const job = host.install(order, caller)[Symbol.asyncIterator]();
  await job.next();
  await until("it is staged", async () => runner.starts.length > earlier);
  await runner.succeed(added, [...new Set([...Object.keys(game), ...Object.keys(added)])]);
  return ended(host);
}

/** The last job, when it is over. */
export async function ended(host: HostApi): Promise<InstallJob> {
  await until("it is over", async () => host.installation().job !== undefined && isOver(host.installation().job as InstallJob));
  return host.installation().job as InstallJob;
}

/** As if the daemon had been killed before it wrote down the end of its last job. */
export async function beUnfinished(layout: HostLayout): Promise<void> {
  const { outcome: _, endTime: __, ...record } = JSON.parse(await readFile(layout.installJob, "utf8"));
  await writeFile(layout.installJob, JSON.stringify({ ...record, stage: "PUBLISHING", activated: false }));
}

/** Waits until it is so. */
export async function until(what: string, isIt: () => Promise<boolean>): Promise<void> {
  const limit = Date.now() + 60_000;
  while (!(await isIt())) {
    assert.ok(Date.now() < limit, `not within 60 s: ${what}`);
    await sleep(10);
  }
}

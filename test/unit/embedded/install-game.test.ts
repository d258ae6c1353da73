import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";
import { type SpawnedDaemon, spawnDaemon } from "../../../scripts/spawn-daemon.ts";
import {
  createHostClient,
  ErrorReason,
  followInstall,
  type HostClient,
  type InstallItem,
  type InstallJob,
  InstallPhase,
} from "../../../src/client/index.ts";
import { childrenOf, descendantsOf } from "../../../src/drivers/embedded/processes/process-tree.ts";
import { freeUdpPort } from "../../fixtures/free-udp-port.ts";

// The daemon, the installer, the mounts and the games are real; Steam is the stand-in.

test("running games keep their build while another one is installed and activated; a restart takes it, and the roll-back works", async (t) => {
  const host = await open(t);
  await host.remote({ build_id: "100" });
  const first = await host.install();
  assert.equal(first.phase, InstallPhase.SUCCEEDED, inspect(first.failure));
  assert.deepEqual([first.activated, first.upToDate, first.baseBuildId], [true, false, ""]);
  const name = await host.start(["sim_cat left4dead2/scripts/build.txt", "sim_ls left4dead2/particles"]);
  assert.match(await host.printed(name), /sim_cat left4dead2\/scripts\/build\.txt: "build 100\\n"/);
  await host.remote({ build_id: "200" });
  const second = await host.install();
  assert.deepEqual([second.phase, second.baseBuildId, second.activated], [InstallPhase.SUCCEEDED, first.buildId, true]);
  const { instance } = await host.client.instances.getInstance({ name });
  assert.deepEqual(
    [instance?.status?.buildId, instance?.status?.nextBuildId, instance?.status?.pendingRestart],
    [first.buildId, second.buildId, true],
  );
  await host.client.instances.restartInstance({ name });
  assert.match(await host.printed(name), /build\.txt: "build 200\\n"[\s\S]*particles: \["particles\.txt"\]/);
  await host.client.installation.activateBuild({ buildId: first.buildId });
  await host.client.instances.restartInstance({ name });
  assert.match(await host.printed(name), /build\.txt: "build 100\\n"/);
  const { builds } = await host.client.installation.listBuilds({});
  assert.deepEqual(
    builds.map(({ id, steamBuildId, layerCount, active, usedBy }) => ({ id, steamBuildId, layerCount, active, usedBy })),
    [
      { id: second.buildId, steamBuildId: "200", layerCount: 2, active: false, usedBy: [] },
      { id: first.buildId, steamBuildId: "100", layerCount: 1, active: true, usedBy: [name] },
    ],
  );
  const again = await host.install();
  assert.deepEqual([again.upToDate, again.activated, again.buildId], [true, true, second.buildId], "it undoes the roll-back");
});

test("nothing new at Steam: up to date, nothing published, whatever was touched", async (t) => {
  const host = await open(t);
  const first = await host.install();
  const again = await host.install({ validate: true });
  assert.deepEqual([again.phase, again.upToDate, again.buildId, again.activated], [InstallPhase.SUCCEEDED, true, first.buildId, false]);
  assert.equal((await host.client.installation.listBuilds({})).builds.length, 1);
});

test("a daemon that is killed takes no installation with it: the next one goes on, every line comes once", async (t) => {
  const host = await open(t);
  await host.remote({ download_ms: 4000 });
  const items: InstallItem[] = [];
  const following = (async () => {
    for await (const item of followInstall(host.client, { initialDelayMs: 50 })) items.push(item);
  })();
  await eventually(() => items.some((item) => item.type === "line" && item.line.text.includes("(0x61) downloading")));
  await host.daemon.end("SIGKILL");
  await host.restart();
  await following;
  const last = items.at(-1);
  assert.ok(last?.type === "job" && last.job.phase === InstallPhase.SUCCEEDED, inspect(last));
  const sequences = items.flatMap((item) => (item.type === "line" ? [Number(item.line.sequence)] : []));
  assert.deepEqual(
    sequences,
    [...sequences.keys()].map((index) => index + 1),
  );
  assert.equal(items.filter(({ type }) => type === "gap").length, 0);
});

test("a cancelled installation leaves no process, no layer and no build; the next one is a new job", async (t) => {
  const host = await open(t);
  await host.remote({ download_ms: 60_000 });
  const begun = Promise.withResolvers<string>();
  const following = (async () => {
    for await (const { event } of host.client.installation.installGame({})) {
      if (event.case === "job") begun.resolve(event.value.id);
    }
  })();
  const id = await begun.promise;
  const failed = assert.rejects(following, /was cancelled/);
  await eventually(async () => (await host.job())?.phase === InstallPhase.DOWNLOADING);
  const answer = await host.client.installation.cancelInstall({ jobId: id });
  assert.deepEqual([answer.changed, answer.job?.phase], [true, InstallPhase.CANCELLED]);
  await failed;
  assert.equal((await host.client.installation.cancelInstall({})).changed, false);
  await host.expectNothing();
  await host.remote({});
  const next = await host.install();
  assert.notEqual(next.id, id);
  assert.equal(next.phase, InstallPhase.SUCCEEDED);
});

test("a failure of Steam's is the job's, with its reason and cure; nothing is left, and the builds are what they were", async (t) => {
  const host = await open(t);
  await host.remote({ failure: "no_subscription" });
  const job = await host.install();
  assert.equal(job.phase, InstallPhase.FAILED);
  assert.equal(job.failure?.reason, ErrorReason.STEAM_NO_SUBSCRIPTION);
  assert.notEqual(job.failure?.cure, "");
  await host.expectNothing();
  await assert.rejects(drain(host.client.installation.installGame({ jobId: job.id })), /STEAM_NO_SUBSCRIPTION|failed_precondition/i);
  await assert.rejects(drain(host.client.installation.installGame({ afterSequence: 1n })), /job_id/);
  await assert.rejects(drain(host.client.installation.installGame({ jobId: "beef" })), /no installation job/);
});

test("the ninth update squashes what it is installed over; old builds go, but not those in use", async (t) => {
  const host = await open(t, { LEFT4ME_KEEP_BUILDS: "2" });
  await host.remote({ build_id: "1" });
  const first = await host.install();
  const name = await host.start(["sim_cat left4dead2/scripts/build.txt"]);
  let last = first;
  for (let build = 2; build <= 10; build += 1) {
    await host.remote({ build_id: String(build) });
    last = await host.install();
    assert.equal(last.phase, InstallPhase.SUCCEEDED, inspect(last.failure));
  }
  const { builds } = await host.client.installation.listBuilds({});
  assert.deepEqual(
    builds.map(({ steamBuildId, layerCount }) => `${steamBuildId}: ${layerCount}`),
    ["10: 3", "9: 2", "1: 1"],
    "the newest two, and the one that a game uses",
  );
  assert.ok(last.removedBuildIds.length > 0);
  await host.client.instances.restartInstance({ name });
  assert.match(await host.printed(name), /build\.txt: "build 10\\n"/);
});

async function open(t: TestContext, env: Readonly<Record<string, string>> = {}) {
  const root = await mkdtemp("/var/tmp/left4me-install-");
  const behaviour = join(root, "..", `${root.split("/").at(-1)}.json`);
  await writeFile(behaviour, "{}");
  const spawn = () => spawnDaemon({ root, logLevel: "error", messages: "keep", env: { LEFT4ME_SIM_STEAMCMD: behaviour, ...env } });
  let daemon: SpawnedDaemon = spawn();
  let client: HostClient | undefined;
  t.after(async () => {
    const { instances } = (await client?.instances.listInstances({}).catch(() => undefined)) ?? { instances: [] };
    for (const { name } of instances) await client?.instances.deleteInstance({ name });
    await client?.installation.cancelInstall({}).catch(() => undefined);
    client?.close();
    await daemon.end();
    await rm(root, { recursive: true, force: true });
    await rm(behaviour, { force: true });
  });
  await daemon.opened();
  client = createHostClient({ address: daemon.address });
  const api = client;
  return {
    client: api,
    get daemon() {
      return daemon;
    },
    async restart() {
      daemon = spawn();
      await daemon.opened();
    },
    /** What Steam has from now on. */
    remote: (what: Readonly<Record<string, unknown>>) => writeFile(behaviour, JSON.stringify(what)),
    job: async () => (await api.installation.getInstallation({})).job,
    async install(options: { validate?: boolean } = {}): Promise<InstallJob> {
      let job: InstallJob | undefined;
      for await (const item of followInstall(api, options)) if (item.type === "job") job = item.job;
      assert.ok(job !== undefined);
      return job;
    },
    async start(config: readonly string[]): Promise<string> {
      const name = `game-${process.pid}`;
      await api.instances.initializeInstance({ name, spec: { port: await freeUdpPort(), config: [...config] } });
      await api.instances.startInstance({ name });
      return name;
    },
    /** What the present run of a game has printed. */
    async printed(name: string): Promise<string> {
      const { instance } = await api.instances.getInstance({ name });
      const lines: string[] = [];
      const start = { case: "invocationId", value: instance?.status?.invocationId ?? "" } as const;
      for await (const { event } of api.logs.streamLogs({ name, follow: false, start }))
        if (event.case === "batch") lines.push(...event.value.entries.map(({ message }) => message));
      return lines.join("\n");
    },
    /** No build, no layer, no process and no staging. */
    async expectNothing() {
      assert.deepEqual((await api.installation.listBuilds({})).builds, []);
      for (const directory of ["layers", "builds", "tmp"]) assert.deepEqual(await readdir(join(root, directory)), [], directory);
      await eventually(() => descendantsOf(daemon.pid).length === 0 && childrenOf(daemon.pid).length === 0);
      await eventually(async () => (await readdir(join(root, "install"))).join() === "exchange,job.json");
    },
  };
}

async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

async function eventually(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const limit = Date.now() + 60_000;
  while (!(await isTrue())) {
    if (Date.now() > limit) throw new Error("it did not come true");
    await sleep(25);
  }
}

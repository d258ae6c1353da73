import assert from "node:assert/strict";
import { it } from "node:test";
import { asHostFailure, followInstall, type HostClient, type InstallJob, InstallPhase } from "../../../src/client/index.ts";
import { withFake } from "./with-fake.ts";

/** Installs, and tells all that was seen. */
async function install(client: HostClient) {
  const jobs: InstallJob[] = [];
  const lines: string[] = [];
  for await (const item of followInstall(client)) {
    if (item.type === "job") jobs.push(item.job);
    if (item.type === "line") lines.push(item.line.text);
  }
  const last = jobs.at(-1);
  assert.ok(last !== undefined);
  return { jobs, lines, last };
}

it("a host without a build installs one, in phases that can be seen", async (t) => {
  const { fake, client } = await withFake(t, { withoutBuild: true });
  fake.steam({ totalBytes: 1_000_000, lines: ["Downloading update (1 of 2)"], prepareMs: 250, downloadMs: 400, verifyMs: 250 });
  const { jobs, lines, last } = await install(client);
  const phases = [...new Set(jobs.map(({ phase }) => phase))];
  for (const phase of [InstallPhase.PREPARING, InstallPhase.DOWNLOADING, InstallPhase.VERIFYING]) assert.ok(phases.includes(phase));
  const download = jobs.find(({ phase }) => phase === InstallPhase.DOWNLOADING);
  assert.equal(download?.totalBytes, 1_000_000n);
  assert.deepEqual([last.phase, last.activated, last.upToDate], [InstallPhase.SUCCEEDED, true, false]);
  assert.ok(lines.includes("Downloading update (1 of 2)"));
  assert.equal(lines.at(-1), "Success! App '222860' fully installed.");
  await client.instances.initializeInstance({ name: "a", spec: { port: 27015 } });
  assert.equal((await client.instances.startInstance({ name: "a" })).changed, true);
});

it("the same build is up to date, another one an update", async (t) => {
  const { fake, client } = await withFake(t, { withoutBuild: true });
  const fast = { prepareMs: 10, downloadMs: 10, verifyMs: 10 };
  fake.steam(fast);
  const first = (await install(client)).last;
  const same = (await install(client)).last;
  assert.deepEqual([same.upToDate, same.buildId], [true, first.buildId]);
  fake.steam({ ...fast, buildId: "15000000", files: { "left4dead2/motd.txt": "new\n" } });
  const update = (await install(client)).last;
  assert.equal(update.upToDate, false);
  const { activeBuild } = await client.installation.getInstallation({});
  assert.deepEqual([activeBuild?.id, activeBuild?.steamBuildId], [update.buildId, "15000000"]);
});

it("a failure is told as a real installer tells it", async (t) => {
  const { fake, client } = await withFake(t);
  fake.steam({ failure: { reason: "STEAM_RATE_LIMITED", metadata: { account: "anonymous" }, exitCode: 5 } });
  const { failure, phase } = (await install(client)).last;
  assert.equal(phase, InstallPhase.FAILED);
  assert.equal(failure?.cause, "Steam refuses further logins of anonymous for a while");
  assert.ok((failure?.cure ?? "") !== "");
  assert.equal(failure?.exitCode, 5);
  const call = async () => {
    for await (const _ of client.installation.installGame({}));
  };
  const error = await call().catch((caught: unknown) => caught);
  assert.equal(asHostFailure(error)?.reason, "STEAM_RATE_LIMITED");
});

it("an installation is cancelled, and outlives a restart of the host", async (t) => {
  const { fake, client } = await withFake(t);
  fake.steam({ downloadMs: 60_000 });
  for await (const item of followInstall(client)) {
    if (item.type === "job" && item.job.phase === InstallPhase.PREPARING) await client.installation.cancelInstall({ jobId: item.job.id });
    if (item.type === "job" && item.job.phase === InstallPhase.CANCELLED) break;
  }
  fake.steam({ prepareMs: 300 });
  let restart: Promise<void> | undefined;
  const jobs = new Set<string>();
  let last: InstallJob | undefined;
  for await (const item of followInstall(client)) {
    if (item.type !== "job") continue;
    restart ??= fake.restart();
    jobs.add(item.job.id);
    last = item.job;
  }
  await restart;
  assert.deepEqual([jobs.size, last?.phase], [1, InstallPhase.SUCCEEDED]);
});

/**
 * Kills the daemon with SIGKILL at random moments under a mixed load, and starts it again each time.
 *
 * Proves: no instance is lost or half-made, no process is left without an owner, and no line is missing at followers that
 * resume.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { InstallPhase } from "../../../src/client/index.ts";
import type { Evidence, EvidenceOptions, EvidenceResult } from "../evidence.ts";
import { type DriverName, titleOf } from "../evidence-host.ts";
import { Random } from "../random.ts";
import { installGame } from "../steam-host.ts";
import { type BuildReport, loadBuilds } from "./build-load.ts";
import { createKilledHost, type KilledHost } from "./killed-host.ts";
import { type LoadReport, loadInstance } from "./mixed-load.ts";
import { NumberedLines } from "./numbered-lines.ts";

const steady = ["steady-1", "steady-2"];
const churned = ["churn-1", "churn-2", "churn-3", "churn-4"];
/** In the range that production hosts let games bind. */
const firstPort = 27_850;

export const killDaemonSystemd: Evidence = killDaemonOn("systemd", { short: 5, long: 200 });
export const killDaemon: Evidence = killDaemonOn("embedded", { short: 8, long: 200 });

function killDaemonOn(driver: DriverName, rounds: Evidence["rounds"]): Evidence {
  return {
    title: titleOf(driver, "kill -9 of the daemon at random moments under a mixed load"),
    rounds,
    async run(options) {
      const host = await createKilledHost(driver);
      try {
        return await killAgainAndAgain(host, options);
      } finally {
        await host.end();
      }
    },
  };
}

async function killAgainAndAgain(host: KilledHost, { seed, rounds, log }: EvidenceOptions): Promise<EvidenceResult> {
  const random = new Random(seed);
  const { client } = host;
  for (const [index, name] of steady.entries()) {
    await client.instances.initializeInstance({ name, spec: { port: firstPort + index, config: ["sim_log_rate 100"] } });
    await client.instances.startInstance({ name });
  }
  const pids = await pidsOf(host);
  const load = new AbortController();
  const report: LoadReport = { calls: 0, answered: 0, lost: 0, refused: {}, unexpected: [] };
  const workers = churned.map((name, index) =>
    loadInstance(client, name, firstPort + 50 + index, new Random(seed + index + 1), report, load.signal),
  );
  const building = loadBuilds(client, host.remote, new Random(seed + 20), report, load.signal);
  const followers = steady.map((name) => new NumberedLines(client, name));

  for (let round = 1; round <= rounds; round += 1) {
    await sleep(random.between(50, 1000));
    await host.kill();
    if (round % 10 === 0) log(`${round} of ${rounds} kills, ${report.calls} calls`);
  }

  load.abort();
  const existence = await Promise.all(workers);
  const builds = await building;
  await atRest(host);
  const problems = (await Promise.all(followers.map((follower) => follower.finish()))).flat();
  await host.kill(); // what no build and no game needs any more goes when a daemon opens
  await atRest(host);
  problems.push(...(await host.inspect()), ...(await lastBuildIsThere(host, builds)));
  const { instances } = await client.instances.listInstances({});
  const names = new Set(instances.map(({ name }) => name));
  for (const [index, name] of churned.entries()) {
    if (existence[index] === "exists" && !names.has(name)) problems.push(`${name} was lost`);
    if (existence[index] === "missing" && names.has(name)) problems.push(`${name} is there although it was deleted`);
  }
  if (pids.includes(undefined) || JSON.stringify(await pidsOf(host)) !== JSON.stringify(pids)) problems.push("a steady game was touched");
  problems.push(...report.unexpected.map((text) => `unexpected answer: ${text}`), ...(await installs(host)), ...(await allStart(host)));
  if (problems.length > 0) problems.push(...(await host.daemonLog()));
  return {
    problems,
    figures: {
      kills: rounds,
      builds: { ...builds, published: builds.published.length },
      calls: report.calls,
      answered: report.answered,
      lost: report.lost,
      refused: report.refused,
      lines: followers.map(({ lines }) => lines),
    },
  };
}

async function pidsOf({ client }: KilledHost): Promise<(number | undefined)[]> {
  return Promise.all(steady.map(async (name) => (await client.instances.getInstance({ name })).instance?.status?.mainPid));
}

/** Waits until nothing is being done any more. */
async function atRest({ client }: KilledHost): Promise<void> {
  for (let tries = 0; tries < 1200; tries += 1) {
    const { instances } = await client.instances.listInstances({});
    const { job } = await client.installation.getInstallation({});
    const isInstalling = job !== undefined && job.endTime === undefined;
    if (!isInstalling && instances.every(({ status }) => status?.operation === undefined)) return;
    await sleep(100);
  }
  throw new Error("it does not come to rest after the last kill");
}

/** Of what callers were told is published, the newest is never too old to be kept. */
async function lastBuildIsThere({ client }: KilledHost, { published }: BuildReport): Promise<string[]> {
  const { builds } = await client.installation.listBuilds({});
  const last = published.at(-1);
  const problems = builds.some(({ active }) => active) ? [] : ["no build is active"];
  if (last !== undefined && !builds.some(({ id }) => id === last)) problems.push(`the build ${last} was published, and is not there`);
  return problems;
}

/** After all that, the game is installed. */
async function installs({ client, remote }: KilledHost): Promise<string[]> {
  remote("9999");
  const job = await installGame(client);
  return job.phase === InstallPhase.SUCCEEDED && job.activated ? [] : [`the game cannot be installed: ${job.failure?.cause}`];
}

/** After all that, every instance starts and stops. */
async function allStart({ client }: KilledHost): Promise<string[]> {
  const { instances } = await client.instances.listInstances({});
  const outcomes = instances.map(async ({ name }) => {
    try {
      await client.instances.startInstance({ name });
      await client.instances.stopInstance({ name });
      return [];
    } catch (error) {
      return [`${name} does not start and stop: ${String(error)}`];
    }
  });
  return (await Promise.all(outcomes)).flat();
}

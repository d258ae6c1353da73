/**
 * Kills the daemon with SIGKILL at random moments under a mixed load, and starts it again each time.
 *
 * Proves: no instance is lost or half-made, no process is left without an owner, and no line is missing at followers that
 * resume.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { DaemonUnderTest } from "../daemon-under-test.ts";
import type { Evidence, EvidenceOptions, EvidenceResult } from "../evidence.ts";
import { Random } from "../random.ts";
import { inspect } from "./inspect.ts";
import { type LoadReport, loadInstance } from "./mixed-load.ts";
import { NumberedLines } from "./numbered-lines.ts";

const steady = ["steady-1", "steady-2"];
const churned = ["churn-1", "churn-2", "churn-3", "churn-4"];
const firstPort = 28100;

export const killDaemon: Evidence = {
  title: "kill -9 of the daemon at random moments under a mixed load",
  rounds: { short: 8, long: 100 },
  async run(options) {
    const daemon = await DaemonUnderTest.create();
    try {
      return await killAgainAndAgain(daemon, options);
    } finally {
      await daemon.destroy();
    }
  },
};

async function killAgainAndAgain(daemon: DaemonUnderTest, { seed, rounds, log }: EvidenceOptions): Promise<EvidenceResult> {
  const random = new Random(seed);
  const { client } = daemon;
  for (const [index, name] of steady.entries()) {
    await client.instances.initializeInstance({ name, spec: { port: firstPort + index, config: ["sim_log_rate 100"] } });
    await client.instances.startInstance({ name });
  }
  const pids = await pidsOf(daemon);
  const load = new AbortController();
  const report: LoadReport = { calls: 0, answered: 0, lost: 0, refused: {}, unexpected: [] };
  const workers = churned.map((name, index) =>
    loadInstance(client, name, firstPort + 50 + index, new Random(seed + index + 1), report, load.signal),
  );
  const followers = steady.map((name) => new NumberedLines(client, name));

  for (let round = 1; round <= rounds; round += 1) {
    await sleep(random.between(50, 1500));
    await daemon.kill();
    await daemon.start();
    if (round % 10 === 0) log(`${round} of ${rounds} kills, ${report.calls} calls`);
  }

  load.abort();
  const existence = await Promise.all(workers);
  await atRest(daemon);
  const problems = (await Promise.all(followers.map((follower) => follower.finish()))).flat();
  problems.push(...(await inspect(client, daemon.root)));
  const { instances } = await client.instances.listInstances({});
  const names = new Set(instances.map(({ name }) => name));
  for (const [index, name] of churned.entries()) {
    if (existence[index] === "exists" && !names.has(name)) problems.push(`${name} was lost`);
    if (existence[index] === "missing" && names.has(name)) problems.push(`${name} is there although it was deleted`);
  }
  if (pids.includes(undefined) || JSON.stringify(await pidsOf(daemon)) !== JSON.stringify(pids)) problems.push("a steady game was touched");
  problems.push(...report.unexpected.map((text) => `unexpected answer: ${text}`), ...(await allStart(daemon)));
  return {
    problems,
    figures: {
      kills: rounds,
      calls: report.calls,
      answered: report.answered,
      lost: report.lost,
      refused: report.refused,
      lines: followers.map(({ lines }) => lines),
    },
  };
}

async function pidsOf({ client }: DaemonUnderTest): Promise<(number | undefined)[]> {
  return Promise.all(steady.map(async (name) => (await client.instances.getInstance({ name })).instance?.status?.mainPid));
}

/** Waits until nothing is being done any more. */
async function atRest({ client }: DaemonUnderTest): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    const { instances } = await client.instances.listInstances({});
    if (instances.every(({ status }) => status?.operation === undefined)) return;
    await sleep(100);
  }
}

/** After all that, every instance starts and stops. */
async function allStart({ client }: DaemonUnderTest): Promise<string[]> {
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

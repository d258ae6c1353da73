/**
 * Lets a whole host live for a while: calls of every kind, installations, imports, readers that come and go, crashes, kill -9 of
 * games, daemon-reload, restarts of journald, in the first third kill -9 of the daemon; and looks at what it holds, every five seconds.
 *
 * Proves: nothing grows. The last daemon lives for two thirds of the time. Behind its warm-up, the first 30 % of its life, memory,
 * descriptors, mounts, groups, units, files of run and tmp are in the last third what they were in the first, and so is what its heap
 * holds after a collection of garbage at both ends. When every instance is deleted, the host holds what it held before.
 */
import { WaitFor } from "../../../src/client/index.ts";
import { BootingHost } from "../../hosts/booting-host.ts";
import type { Evidence, EvidenceOptions, EvidenceResult } from "../evidence.ts";
import { loadBuilds } from "../kill-daemon/build-load.ts";
import { type LoadReport, loadInstance } from "../kill-daemon/mixed-load.ts";
import type { Heap } from "../leaks/collect-garbage.ts";
import { openAndCancel, type StreamFigures } from "../leaks/streams.ts";
import { Random } from "../random.ts";
import { installGame, setSteam } from "../steam-host.ts";
import { disturb, killDaemons, pause } from "./disturbances.ts";
import { growth, trendsOf } from "./flatness.ts";
import { heapGrowth, heapUnderLoad } from "./heap-under-load.ts";
import { type LastLife, lastLife } from "./last-life.ts";
import { loadOverlays } from "./overlay-load.ts";
import { figureNames, type Sample, takeSample } from "./sample.ts";

const steady = ["soak-steady-1", "soak-steady-2"];
const churned = ["soak-1", "soak-2", "soak-3", "soak-4"];
const firstPort = 27_700;
/** A look every so many milliseconds; more often in a short life. */
const sampleMs = { usual: 5000, least: 1000 } as const;
/**
 * In less minutes some figures say nothing: a daemon's memory grows at its first calls, whatever they are, and the few games that
 * run more or less at two moments are twenty descriptors of systemd's. Then only what is left without instances is judged of them.
 */
const restless: ReadonlySet<string> = new Set(["daemonMb", "daemonDescriptors", "systemdDescriptors", "units"]);
const restlessMinutes = 5;
/** What a game that is killed under a call answers, besides. */
const killed = ["START_FAILED", "NOT_READY"];
const warmUpMinutes = 2;
/** The daemon dies so often, at even distances, the last time when a third of the measured time is over. */
const deaths = 4;
/** By then the memory of a daemon has come to where it stays: some three minutes under this load; this is four. */
const warmUpShare = 0.3;
/** What the last daemon must have lived of the measured time; two thirds, less the time that it takes to come back. */
const leastLife = 0.6;

/** `--rounds` is the number of minutes that are measured. */
export const soak: Evidence = {
  title: "a long life under a mixed load with faults: nothing grows (root, test hosts)",
  rounds: { short: 0.5, long: 20 },
  async run(options) {
    const host = await BootingHost.create("soak");
    try {
      return await live(host, options);
    } finally {
      await host.end();
    }
  },
};

async function live(host: BootingHost, options: EvidenceOptions): Promise<EvidenceResult> {
  const { rounds: minutes, log } = options;
  const problems: string[] = [];
  await prepare(host);
  const before = await restingSample(host);
  const end = new AbortController();
  const load = begin(host, options, problems, end.signal);
  await pause(warmUpOf(minutes) * 60_000, end.signal);
  const { samples, heaps } = await sample(host, minutes, log);
  end.abort();
  const figures = await load;
  const life = lastLife(samples, warmUpShare);
  problems.push(...judge(life, heaps, minutes));
  const after = await clearAway(host);
  problems.push(...leftBehind(before, after));
  if (problems.length > 0) problems.push(await host.daemonLog());
  const told = { lastDaemonSeconds: life.seconds, ...(heaps.length > 0 ? { heapAfterCollection: heaps } : {}) };
  return { problems, figures: { minutes, ...figures, ...told, trends: trendsOf(life.grownUp), before, after, samples } };
}

function warmUpOf(minutes: number): number {
  return Math.min(warmUpMinutes, minutes);
}

/** What has grown in the last daemon's life behind its warm-up. */
function judge({ seconds, grownUp }: LastLife, heaps: readonly Heap[], minutes: number): string[] {
  const isLong = minutes >= restlessMinutes;
  const judged = figureNames.filter((name) => !restless.has(name) || isLong);
  const cutShort = isLong && seconds < leastLife * minutes * 60 ? [`the last daemon lived for ${seconds} s only`] : [];
  // In a short life a busy machine comes to few looks, or to none behind the last death.
  const least = isLong ? Math.floor(grownUp.length / 3) : 0;
  return [...cutShort, ...growth(grownUp, least, judged), ...heapGrowth(heaps)];
}

/** Installs, and lets one game come and go: slices and the like that the first one makes, stay. */
async function prepare(host: BootingHost): Promise<void> {
  setSteam(host, { build_id: "1999" });
  await installGame(host.client);
  const { instances } = host.client;
  await instances.initializeInstance({ name: "soak-first", spec: { port: firstPort } });
  await instances.startInstance({ name: "soak-first" });
  await instances.deleteInstance({ name: "soak-first" });
}

/** Everything that goes on at once. Resolves with its figures when `signal` has aborted and every call has ended. */
async function begin(host: BootingHost, { seed, rounds: minutes }: EvidenceOptions, problems: string[], signal: AbortSignal) {
  const { client } = host;
  const report: LoadReport = { calls: 0, answered: 0, lost: 0, refused: {}, unexpected: [] };
  const streams: StreamFigures = { opened: {}, ended: {}, failures: [] };
  const faults: Record<string, number> = {};
  const count = (kind: string) => {
    faults[kind] = (faults[kind] ?? 0) + 1;
  };
  for (const [index, name] of steady.entries()) {
    await client.instances.initializeInstance({ name, spec: { port: firstPort + index, config: ["sim_log_rate 20"] } });
    await client.instances.startInstance({ name, waitFor: WaitFor.ACTIVE });
  }
  const periodMs = ((warmUpOf(minutes) + minutes / 3) * 60_000) / deaths;
  const remote = (buildId: string) => setSteam(host, { build_id: buildId, download_ms: 500 });
  const [builds] = await Promise.all([
    loadBuilds(client, remote, new Random(seed + 1), report, signal),
    loadOverlays(client, new Random(seed + 2), report, signal),
    ...churned.map((name, index) =>
      loadInstance(client, name, firstPort + 10 + index, new Random(seed + 10 + index), report, signal, killed),
    ),
    read(host, new Random(seed + 3), streams, signal),
    disturb(host, churned, new Random(seed + 4), signal, count),
    killDaemons(host, { deaths, periodMs }, signal, count, problems),
  ]);
  problems.push(...report.unexpected.slice(0, 20).map((text) => `unexpected answer: ${text}`));
  const { unexpected: _, ...calls } = report;
  return {
    calls,
    builds: { ...builds, published: builds.published.length },
    faults,
    streams: { opened: streams.opened, ended: streams.ended },
  };
}

/** Readers that come and go. What a daemon's death does to them is no problem. */
async function read(host: BootingHost, random: Random, streams: StreamFigures, signal: AbortSignal): Promise<void> {
  const [talking = "", silent = ""] = steady;
  const address = `unix:${host.path("/run/left4me/operator.sock")}`;
  while (await pause(random.between(0, 2000), signal)) {
    const subjects = await subjectsOf(host, talking, silent).catch(() => undefined);
    if (subjects !== undefined)
      await openAndCancel({ address, talking, silent, ...subjects }, 8, 4, random, streams).catch(() => undefined);
  }
}

/** Places to resume from, as a reader of just now has them. */
async function subjectsOf({ client }: BootingHost, talking: string, silent: string) {
  const { watchCursor } = await client.instances.listInstances({});
  let logCursor = "";
  for await (const { event } of client.logs.streamLogs({ name: silent === "" ? talking : silent, lines: 20 }))
    if (event.case === "batch") logCursor = event.value.entries.at(-1)?.cursor ?? "";
  return { logCursor, watchCursor };
}

/** Looks at the host until the time is over, and at the daemon's heap where the judged part of its life begins and ends. */
async function sample(host: BootingHost, minutes: number, log: (text: string) => void) {
  const began = performance.now();
  const end = began + minutes * 60_000;
  const everyMs = Math.min(sampleMs.usual, Math.max(sampleMs.least, minutes * 1000));
  const isLong = minutes >= restlessMinutes;
  const samples: Sample[] = [];
  const heaps: Heap[] = [];
  for (let due = began; due < end; due = Math.max(due + everyMs, performance.now())) {
    await pause(Math.max(0, due - performance.now()), new AbortController().signal);
    const look = await takeSample(host, began);
    if (samples.length % 12 === 0) log(JSON.stringify(look));
    samples.push(look);
    const isGrownUp = look.seconds >= minutes * 60 * (1 / 3 + (2 / 3) * warmUpShare);
    if (isLong && isGrownUp && heaps.length === 0) heaps.push(await heapUnderLoad(host));
  }
  if (isLong) heaps.push(await heapUnderLoad(host));
  return { samples, heaps };
}

/** Deletes every instance; a new daemon removes what was kept for games only. */
async function clearAway(host: BootingHost): Promise<Sample> {
  const { instances } = await host.client.instances.listInstances({});
  for (const { name } of instances) await host.client.instances.deleteInstance({ name });
  await host.sh("systemctl reset-failed; systemctl start left4me-trash.service; systemctl restart left4me-hostd.service");
  await host.atRest();
  return restingSample(host);
}

/** Long enough after the last change for the daemon to be grown up. */
async function restingSample(host: BootingHost): Promise<Sample> {
  await pause(15_000, new AbortController().signal);
  return takeSample(host, performance.now());
}

/** Without instances there is nothing that a life may leave. */
function leftBehind(before: Sample, after: Sample): string[] {
  const most = {
    mounts: 0,
    cgroups: 3,
    units: 6,
    runFiles: 0,
    temporaryFiles: 0,
    daemonDescriptors: 5,
    daemonChildren: 0,
    systemdDescriptors: 8,
  } as const;
  return (Object.keys(most) as (keyof typeof most)[]).flatMap((name) => {
    const [was, is] = [before[name] ?? Number.NaN, after[name] ?? Number.NaN];
    return is - was <= most[name] ? [] : [`without instances: ${name} was ${was} before, and is ${is}`];
  });
}

/**
 * Opens thousands of streams and cancels each: at once, before its first message, in the middle of a batch, while nobody
 * reads, or with its whole connection. Then looks at what the daemon holds.
 *
 * Proves: a stream that is gone leaves nothing: no descriptor, no child, no memory, no slot. Descriptors, children and what the
 * heap holds after a collection of garbage are judged against the daemon before its first stream; resident memory against the
 * daemon behind a warm-up, because the first thousand streams let compiled code, the heap of new objects and the allocator's arenas
 * grow, which stays. All three looks are saved.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { WaitFor } from "../../../src/client/index.ts";
import type { Evidence, EvidenceOptions, EvidenceResult } from "../evidence.ts";
import { createEvidenceHost, type DriverName, type EvidenceHost, titleOf } from "../evidence-host.ts";
import { lineArguments, lineGame } from "../line-game.ts";
import { Random } from "../random.ts";
import type { Heap } from "./collect-garbage.ts";
import { type ProcessFigures, processFigures } from "./process-figures.ts";
import { openAndCancel, type StreamFigures, type StreamSubjects } from "./streams.ts";

const talking = "leaks-talking";
const silent = "leaks-silent";
const firstPort = 27_600;
const historyLines = 5000;

/** Streams are measured in so many rounds. */
const measuredRounds = 5;
/**
 * So many come before, at the least: until then compiled code, the heap of new objects and the allocator's arenas grow by
 * some 15 MB each, and no further. They come again until memory stands still, but no more than three times.
 */
const warmUpStreams = 1000;
const warmUps = { most: 3, standsStillMb: 2 } as const;
const connections = 8;
const streamsOfAConnection = 8;

/** What the daemon holds between two rounds. */
type Look = ProcessFigures & Heap;

/** What may be left of all streams, and of those behind the warm-up. Memory in MB (10^6 bytes). */
const allowed = { ofAll: { descriptors: 5, children: 0, heldMb: 10 }, behindWarmUp: { residentMb: 10 } } as const;
/** The daemon is given so long to clear away, in milliseconds. */
const pauseMs = 5000;

/** `--rounds` is the number of streams that are measured. */
export const leaks: Evidence = leaksOn("systemd");
export const leaksEmbedded: Evidence = leaksOn("embedded");

function leaksOn(driver: DriverName): Evidence {
  return {
    title: titleOf(driver, "streams that are opened and cancelled leave nothing in the daemon"),
    rounds: { short: 500, long: 10_000 },
    async run(options) {
      const host = await createEvidenceHost(driver, "leaks", lineGame());
      try {
        return await openAndLook(host, options);
      } finally {
        await host.end();
      }
    },
  };
}

async function openAndLook(host: EvidenceHost, { seed, rounds, log }: EvidenceOptions): Promise<EvidenceResult> {
  await startGames(host);
  const before = await lookAfterPause(host);
  log(`before any stream: ${JSON.stringify(before)}`);
  const subjects = await findSubjects(host);
  const streams: StreamFigures = { opened: {}, ended: {}, failures: [] };
  const looks: Look[] = [];
  const share = rounds / measuredRounds;
  let seeds = seed;
  const measure = async (title: string, count: number) => {
    const open = () => openAndCancel(subjects, Math.ceil(count / connections), streamsOfAConnection, new Random(seeds++), streams);
    await Promise.all(Array.from({ length: connections }, open));
    const look = await lookAfterPause(host);
    log(`${title}: ${JSON.stringify(look)}`);
    return look;
  };
  for (let warmUp: Look | undefined, count = 1; count <= warmUps.most; count += 1) {
    const before = warmUp?.residentMb ?? 0;
    warmUp = looks[0] = await measure(`warm-up ${count}`, Math.max(warmUpStreams, share));
    if (warmUp.residentMb - before < warmUps.standsStillMb) break;
  }
  for (let round = 1; round <= measuredRounds; round += 1) looks.push(await measure(`round ${round} of ${measuredRounds}`, share));
  const problems = [...leftBehind(before, looks), ...streams.failures.slice(0, 10), ...(await servesOn(host))];
  if (problems.length > 0) problems.push(...(await host.daemonLog()));
  const { opened, ended } = streams;
  return {
    problems,
    figures: { streamsWithWarmUp: { opened, ended }, beforeAnyStream: before, warmUp: looks[0], rounds: looks.slice(1) },
  };
}

/** One instance that prints, one that has printed. */
async function startGames({ client: { instances } }: EvidenceHost): Promise<void> {
  const games = [
    { name: talking, plan: { lines: 1e9, burst: 20, pauseSeconds: 0.1 } },
    { name: silent, plan: { lines: historyLines, burst: historyLines, pauseSeconds: 0.1 } },
  ];
  for (const [index, { name, plan }] of games.entries()) {
    await instances.initializeInstance({ name, spec: { port: firstPort + index, arguments: lineArguments(plan) } });
    await instances.startInstance({ name, waitFor: WaitFor.ACTIVE });
  }
}

/** Places to resume from, when all is printed that is to be. */
async function findSubjects(host: EvidenceHost): Promise<StreamSubjects> {
  const { instances, logs } = host.client;
  const cursors: string[] = [];
  for (const limit = Date.now() + 60_000; cursors.length < historyLines; await sleep(100)) {
    if (Date.now() > limit) throw new Error(`${silent} has printed ${cursors.length} of ${historyLines} lines in a minute`);
    cursors.length = 0;
    for await (const { event } of logs.streamLogs({ name: silent, lines: 100_000 }))
      if (event.case === "batch") cursors.push(...event.value.entries.map(({ cursor }) => cursor));
  }
  const { watchCursor } = await instances.listInstances({});
  return { address: host.address, talking, silent, logCursor: cursors[Math.floor(cursors.length / 2)] ?? "", watchCursor };
}

/** What the daemon holds when it has had a pause and has collected its garbage; the least of several looks. */
async function lookAfterPause(host: EvidenceHost): Promise<Look> {
  const { proc, pid } = await host.daemon();
  const heap = JSON.parse(await host.run("test/evidence/leaks/collect-garbage.ts", String(pid))) as Heap;
  const looks: ProcessFigures[] = [];
  for (const limit = Date.now() + pauseMs; Date.now() < limit; await sleep(500)) looks.push(await processFigures(proc, pid));
  const least = (key: keyof ProcessFigures) => Math.min(...looks.map((look) => look[key]));
  return { descriptors: least("descriptors"), children: least("children"), residentMb: least("residentMb"), ...heap };
}

/** What the last look shows more than the one before any stream, and than the warm-up. */
function leftBehind(before: Look, looks: readonly Look[]): string[] {
  const [warmUp, last] = [looks[0], looks.at(-1)];
  if (warmUp === undefined || last === undefined) return ["nothing was measured"];
  const held = ({ heapMb, externalMb }: Look) => heapMb + externalMb;
  const { ofAll, behindWarmUp } = allowed;
  const judged = [
    { what: "descriptors than before any stream", more: last.descriptors - before.descriptors, most: ofAll.descriptors },
    { what: "children than before any stream", more: last.children - before.children, most: ofAll.children },
    { what: "MB on the heap than before any stream", more: held(last) - held(before), most: ofAll.heldMb },
    { what: "MB resident than behind the warm-up", more: last.residentMb - warmUp.residentMb, most: behindWarmUp.residentMb },
  ];
  return judged.flatMap(({ what, more, most }) => (more <= most ? [] : [`${+more.toFixed(1)} more ${what}, ${most} are allowed`]));
}

/** A new stream is served as the first one was. */
async function servesOn({ client }: EvidenceHost): Promise<string[]> {
  for await (const { event } of client.logs.streamLogs({ name: silent, lines: 1 })) if (event.case === "batch") return [];
  return ["a stream behind all others gave nothing"];
}

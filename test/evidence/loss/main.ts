/**
 * Lets games print numbered lines and follows them with 60 clients of different kinds, some of which stall or drop their
 * connections, while the daemon is killed and, on systemd, journald restarted and the journal rotated.
 *
 * Proves: every follower is told every line once and in order, or is told of a gap where it misses some; nothing is missing
 * without a word, and nothing comes twice.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { WaitFor } from "../../../src/client/index.ts";
import type { Evidence, EvidenceOptions, EvidenceResult } from "../evidence.ts";
import { createEvidenceHost, type DriverName, type EvidenceHost, titleOf } from "../evidence-host.ts";
import { lineArguments, lineGame } from "../line-game.ts";
import { Random } from "../random.ts";
import { disturb, planDisturbances } from "./disturbances.ts";
import { Follower, type LogSource } from "./follower.ts";
import type { FollowerKind } from "./habit.ts";
import { figuresOf } from "./loss-figures.ts";

const firstPort = 27_400;

/** The followers of each game. */
const kinds: readonly FollowerKind[] = ["steady", "stalling", "stalling", "reconnecting", "helper", "late"];

/** How much of the time a game rests between two bursts: some print all the time, some a tenth of everything at once. */
const pauses = [0, 0, 0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1];
const games = pauses.length;
const shortestPauseSeconds = 0.1;

/** All games together print about so many lines a second; but they take the time that all disturbances need. */
const linesPerSecond = 2500;
const shortestSeconds = 40;

/** Without a new line for so long something has come to a standstill: no follower stalls for longer. */
const standstillMs = 90_000;

/** `--rounds` is the number of lines of all games together. */
export const loss: Evidence = lossOn("systemd");
export const lossEmbedded: Evidence = lossOn("embedded");

function lossOn(driver: DriverName): Evidence {
  return {
    title: titleOf(driver, "numbered lines through 60 followers, while the daemon is killed and the journal is disturbed"),
    rounds: { short: 20_000, long: 1_000_000 },
    async run(options) {
      const host = await createEvidenceHost(driver, "loss", lineGame());
      try {
        return await followAll(host, options);
      } finally {
        await host.end();
      }
    },
  };
}

async function followAll(host: EvidenceHost, { seed, rounds, log }: EvidenceOptions): Promise<EvidenceResult> {
  const random = new Random(seed);
  const lines = Math.ceil(rounds / games);
  const seconds = Math.max(shortestSeconds, rounds / linesPerSecond);
  const sources = await initializeGames(host, lines, seconds);
  const end = new AbortController();
  const followers = sources.flatMap((source, game) =>
    kinds.map((kind, index) => {
      const own = new Random(seed + 1 + game * kinds.length + index);
      return new Follower({ kind, source, lines, seconds, random: own }, end.signal);
    }),
  );
  const problems: string[] = [];
  const began = Date.now();
  await Promise.all(sources.map(({ name }) => host.client.instances.startInstance({ name, waitFor: WaitFor.ACTIVE })));
  const disturbed: Record<string, number> = {};
  for (const { what, at } of planDisturbances(host.driver, random)) {
    await untilPrinted(followers, sources, at * lines * games);
    await disturb(host, what);
    disturbed[what] = (disturbed[what] ?? 0) + 1;
    log(`${what} at ${printed(followers, sources)} of ${lines * games} lines`);
  }
  await untilPrinted(followers, sources, lines * games);
  if (printed(followers, sources) < lines * games) problems.push(`only ${printed(followers, sources)} of ${lines * games} lines were seen`);
  const printedSeconds = Math.round((Date.now() - began) / 1000);
  log(`everything is printed after ${printedSeconds} s`);
  await Promise.all(sources.map(({ name }) => host.client.instances.stopInstance({ name })));
  await untilOver(followers);
  problems.push(...followers.flatMap((follower) => follower.problems));
  end.abort();
  await Promise.all(followers.map(({ done }) => done));
  if (problems.length > 0) problems.push(...(await host.daemonLog()));
  return { problems, figures: { disturbed, printedSeconds, ...figuresOf(followers) } };
}

async function initializeGames(host: EvidenceHost, lines: number, seconds: number): Promise<LogSource[]> {
  const sources: LogSource[] = [];
  for (const [index, share] of pauses.entries()) {
    const name = `loss-${index}`;
    const pauseSeconds = Math.max(shortestPauseSeconds, share * seconds);
    const plan = { lines, burst: Math.ceil((lines / seconds) * pauseSeconds), pauseSeconds };
    const spec = { port: firstPort + index, arguments: lineArguments(plan) };
    const { instance } = await host.client.instances.initializeInstance({ name, spec });
    if (instance?.createTime === undefined) throw new Error(`${name} was not made`);
    sources.push({ name, address: host.address, since: timestampDate(instance.createTime) });
  }
  return sources;
}

/** How many lines of all games have been told to somebody. */
function printed(followers: readonly Follower[], sources: readonly LogSource[]): number {
  const most = (source: LogSource) =>
    Math.max(...followers.filter((follower) => follower.source === source).map(({ ledger }) => ledger.last));
  return sources.reduce((sum, source) => sum + most(source), 0);
}

/** Waits until so many lines have been printed, or nothing happens any more. */
function untilPrinted(followers: readonly Follower[], sources: readonly LogSource[], lines: number): Promise<void> {
  return whileItGoesOn(
    () => printed(followers, sources),
    (known) => known >= lines,
  );
}

/** Waits until every follower has come to the end of its log, or none gets any further. */
function untilOver(followers: readonly Follower[]): Promise<void> {
  return whileItGoesOn(
    () => followers.reduce((sum, { ledger }) => sum + ledger.last, 0),
    () => followers.every(({ ledger, failure }) => ledger.isOver || failure !== undefined),
  );
}

async function whileItGoesOn(progress: () => number, isDone: (progress: number) => boolean): Promise<void> {
  let known = progress();
  for (let since = Date.now(); !isDone(known) && Date.now() - since < standstillMs; await sleep(50)) {
    const now = progress();
    if (now > known) since = Date.now();
    known = now;
  }
}

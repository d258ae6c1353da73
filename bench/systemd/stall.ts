import { setTimeout as sleep } from "node:timers/promises";
import { type Bench, percentile } from "../bench.ts";
import { startGrpcJsPeer } from "../peers/grpc-js-peer.ts";
import { residentMb, watchResident } from "../process-figures.ts";
import { measureInHost } from "./bench-host.ts";
import { Follower, openFollowers } from "./follower.ts";
import { foreignClient } from "./foreign-client.ts";
import { daemonServer, type MeasuredServer, processServer } from "./measured-server.ts";
import { operatorClient, operatorSocket } from "./operator-client.ts";
import { TalkingGame } from "./talking-game.ts";

const game = { name: "talking", port: 27000 };
const stalledClients = 500;
/** The second flood is longer: what is bounded does not grow with it. */
const floods = { first: 50_000, second: 150_000 };
/** So many lines are enough to see a server grow that keeps everything for everybody. */
const peerLines = 1000;
/** Of the stalled clients, so many read on at once. */
const readingAtOnce = 25;

/** Resident memory is in MB, times in ms. */
type Figures = {
  readonly before: number;
  readonly peaks: { readonly first: number; readonly second: number };
  readonly live: { readonly p50: number; readonly p99: number };
  /** Of all clients together, in lines; when the stalled ones have read on. */
  readonly lines: { readonly received: number; readonly declared: number; readonly uncounted: number; readonly unexplained: number };
  readonly peer: { readonly before: number; readonly peak: number };
};

/** Clients that do not read, and one that does. */
export const stallBench: Bench = {
  title: `${stalledClients} stalled followers and a live one of a game that floods: memory, latency, losses; against a grpc-js server`,
  async run({ runs, log }) {
    const { before, peaks, live, lines, peer } = await measureInHost<Figures>("stall", runs);
    log(
      `${before.toFixed(0)} MB before, at most ${peaks.first.toFixed(0)} in a flood of ${floods.first} lines, ${peaks.second.toFixed(0)} in one of ${floods.second}`,
    );
    log(`grpc-js: ${peer.before.toFixed(0)} MB before, ${peer.peak.toFixed(0)} after ${peerLines} lines`);
    log(`${lines.received} lines came, ${lines.declared} lie in declared gaps, ${lines.unexplained} are unexplained`);
    const mb = (value: number) => ({ value, unit: "MB" });
    return {
      unit: "MB",
      value: peaks.second,
      floor: peaks.first,
      limit: { of: "ratio", most: 1.1 },
      further: {
        residentBefore: mb(before),
        growth: mb(peaks.second - before),
        grpcJsBefore: mb(peer.before),
        grpcJsGrowth: { value: peer.peak - peer.before, unit: `MB for ${peerLines} lines` },
        live: { value: live.p50, unit: "ms", most: 15 },
        liveP99: { value: live.p99, unit: "ms", most: 60 },
        received: { value: lines.received, unit: "lines" },
        declared: { value: lines.declared, unit: "lines" },
        uncounted: { value: lines.uncounted, unit: "gaps without a count" },
        unexplained: { value: lines.unexplained, unit: "lines", most: 0 },
      },
    };
  },
};

/** Within the host. */
export async function measureStall(runs: number): Promise<Figures> {
  const client = operatorClient("grpc");
  const [talking] = await TalkingGame.startAll(client, [game]);
  if (talking === undefined) throw new Error("there is no game");
  const daemon = await daemonServer();
  const before = residentMb(daemon.pid);
  const stalled = await openFollowers(foreignClient(operatorSocket), game.name, stalledClients);
  const follower = await Follower.open(client, game.name);
  const first = await peakOf(daemon, async () => follower.readTo(await talking.flood(floods.first)));
  const second = await peakOf(daemon, async () => follower.readTo(await talking.flood(floods.second)));
  const last = await talking.talk(Math.max(100, 5 * runs));
  await follower.readTo(last);
  const live = { p50: percentile(follower.ages, 0.5), p99: percentile(follower.ages, 0.99) };
  await readOn(stalled, last);
  const all = [follower, ...stalled];
  for (const each of all) each.close();
  return { before, peaks: { first, second }, live, lines: totalOf(all), peer: await measurePeer() };
}

/** The most memory that the server has while a flood passes, and until it has nothing more to do. */
async function peakOf(server: MeasuredServer, flood: () => Promise<void>): Promise<number> {
  const peak = watchResident(server.pid);
  await flood();
  await idle(server);
  return peak();
}

/** Resolves when a server has used less than a quarter of a processor for a second; after a minute at the latest. */
async function idle(server: MeasuredServer): Promise<void> {
  for (let [seconds, used] = [0, Number.POSITIVE_INFINITY]; used >= 250 && seconds < 60; seconds += 1) {
    const before = server.processorMs();
    await sleep(1000);
    used = server.processorMs() - before;
  }
}

/** Those that stalled read on to the end, some at a time: the host tells each what it has missed. */
async function readOn(stalled: readonly Follower[], last: number): Promise<void> {
  for (let first = 0; first < stalled.length; first += readingAtOnce)
    await Promise.all(stalled.slice(first, first + readingAtOnce).map((follower) => follower.readTo(last)));
}

function totalOf(followers: readonly Follower[]): Figures["lines"] {
  const sum = (figure: "received" | "declared" | "uncounted" | "unexplained") =>
    followers.reduce((total, { account }) => total + account[figure], 0);
  return { received: sum("received"), declared: sum("declared"), uncounted: sum("uncounted"), unexplained: sum("unexplained") };
}

/** The same clients at the grpc-js server, which is told the lines by us. */
async function measurePeer(): Promise<Figures["peer"]> {
  const peer = await startGrpcJsPeer();
  const server = processServer(peer.pid);
  const before = residentMb(server.pid);
  const stalled = await openFollowers(foreignClient(peer.path), game.name, stalledClients);
  const follower = await Follower.open(peer.client, game.name);
  const peak = await peakOf(server, async () => {
    for (let line = 1; line <= peerLines; line += 1) peer.tell(`${line} a line of a game server, such as it prints when a player connects`);
    await follower.readTo(peerLines);
  });
  for (const each of [follower, ...stalled]) each.close();
  await peer.end();
  return { before, peak };
}

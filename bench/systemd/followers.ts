import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { HostClient } from "../../src/client/index.ts";
import { type Bench, type BenchResult, percentile } from "../bench.ts";
import { startGrpcJsPeer } from "../peers/grpc-js-peer.ts";
import { residentMb } from "../process-figures.ts";
import { measureInHost } from "./bench-host.ts";
import { Follower, openFollowers } from "./follower.ts";
import { followUnit, onLines } from "./journalctl.ts";
import { daemonServer, type MeasuredServer, processServer } from "./measured-server.ts";
import { ageOf } from "./numbered-line.ts";
import { operatorClient } from "./operator-client.ts";
import { TalkingGame } from "./talking-game.ts";

const games = [
  { name: "talking", port: 27000 },
  { name: "quiet", port: 27001 },
] as const;
const counts = [1, 10, 100, 500] as const;
/** Some seconds at what journald takes in. */
const floodLines = 300_000;
/** Lines of the quiet game beside the flood. */
const quietLines = 200;

/** Milliseconds from a line to its arrivals. */
type Latency = { readonly p50: number; readonly p99: number };
/** What so many followers of one game cost. */
type Load = Latency & {
  readonly followers: number;
  /** Processor time in percent of one processor, what reads the journal included. */
  readonly processor: number;
  /** Resident memory of the server, in MB. */
  readonly resident: number;
};
type Figures = {
  readonly ours: readonly Load[];
  readonly grpcJs: readonly Load[];
  readonly quiet: Latency;
  readonly quietByJournalctl: Latency;
};

/** Many followers of one game, and a game that says little beside one that floods. */
export const followersBench: Bench = {
  title: `${counts.join(", ")} followers of one talking game, against a grpc-js server over journalctl -f; a quiet game beside a flood`,
  async run({ runs, log }) {
    const { ours, grpcJs, quiet, quietByJournalctl } = await measureInHost<Figures>("followers", runs);
    for (const [side, loads] of Object.entries({ ours, grpcJs }))
      for (const { followers, p50, p99, processor, resident } of loads)
        log(
          `${side}: ${followers} followers: ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, ${processor.toFixed(1)} % of a processor, ${resident.toFixed(0)} MB`,
        );
    const most = (loads: readonly Load[]) => loads.at(-1)?.p99 ?? Number.NaN;
    const ms = (value: number) => ({ value, unit: "ms" });
    return {
      unit: "ms",
      value: most(ours),
      peer: most(grpcJs),
      limit: { of: "value", most: 60 },
      further: {
        ...furtherOf("ours", ours, { p50: 15, p99: 60, resident: 90 }),
        ...furtherOf("grpcJs", grpcJs),
        quietBesideFlood: { ...ms(quiet.p50), most: 15 },
        quietBesideFloodP99: { ...ms(quiet.p99), most: 60 },
        journalctlBesideFlood: ms(quietByJournalctl.p50),
        journalctlBesideFloodP99: ms(quietByJournalctl.p99),
      },
    };
  },
};

type Limits = { readonly p50: number; readonly p99: number; readonly resident: number };

/** The figures of one side, named `oursP50With10` and so on. */
function furtherOf(side: string, loads: readonly Load[], limits?: Limits): NonNullable<BenchResult["further"]> {
  const figure = (value: number, unit: string, most?: number) => ({ value, unit, ...(most === undefined ? {} : { most }) });
  return Object.fromEntries(
    loads.flatMap(({ followers, p50, p99, processor, resident }) => [
      [`${side}P50With${followers}`, figure(p50, "ms", limits?.p50)],
      [`${side}P99With${followers}`, figure(p99, "ms", limits?.p99)],
      [`${side}ProcessorWith${followers}`, figure(processor, "% of a processor")],
      // The promise is about a hundred.
      [`${side}ResidentWith${followers}`, figure(resident, "MB", followers <= 100 ? limits?.resident : undefined)],
    ]),
  );
}

/** Within the host. */
export async function measureFollowers(runs: number): Promise<Figures> {
  const client = operatorClient("grpc");
  const [talking, quiet] = await TalkingGame.startAll(client, games);
  if (talking === undefined || quiet === undefined) throw new Error("there are no games");
  const feed = followUnit(unitOf(talking));
  const peer = await startGrpcJsPeer({ feed: feed.stdout });
  const sides: Record<"ours" | "grpcJs", Side> = {
    ours: { client, server: await daemonServer() },
    grpcJs: { client: peer.client, server: processServer(peer.pid, feed.pid ?? 0) },
  };
  const figures: { ours: Load[]; grpcJs: Load[] } = { ours: [], grpcJs: [] };
  const lines = Math.max(100, 5 * runs);
  for (const followers of counts)
    for (const side of ["ours", "grpcJs"] as const) figures[side].push(await measureLoad(sides[side], talking, followers, lines));
  feed.kill();
  await peer.end();
  return { ...figures, ...(await measureQuiet(client, talking, quiet)) };
}

/** Who serves the followers, and by which client. */
type Side = { readonly client: HostClient; readonly server: MeasuredServer };

async function measureLoad({ client, server }: Side, game: TalkingGame, count: number, lines: number): Promise<Load> {
  const followers = await openFollowers(client, game.name, count, game.said);
  await sleep(1000); // what opening them costs is over
  const [before, began] = [server.processorMs(), performance.now()];
  const last = await game.talk(lines);
  await Promise.all(followers.map((follower) => follower.readTo(last)));
  const processor = ((server.processorMs() - before) / (performance.now() - began)) * 100;
  const resident = residentMb(server.pid);
  for (const follower of followers) follower.close();
  return { followers: count, ...latencyOf(followers.flatMap(({ ages }) => ages)), processor, resident };
}

/** A flood that another process follows, and beside it a game that says little, by us and by journalctl -f. */
async function measureQuiet(
  client: HostClient,
  talking: TalkingGame,
  quiet: TalkingGame,
): Promise<Pick<Figures, "quiet" | "quietByJournalctl">> {
  const follower = await Follower.open(client, quiet.name);
  const byJournalctl: number[] = [];
  const other = followUnit(unitOf(quiet));
  onLines(other, (line) => {
    const age = ageOf(line);
    if (age !== undefined) byJournalctl.push(age);
  });
  const flooded = await followFlood(talking, floodLines);
  await sleep(1000); // journalctl starts
  await talking.flood(floodLines);
  await follower.readTo(await quiet.talk(quietLines, { least: 10, most: 20 }));
  await flooded();
  await sleep(1000); // the last lines of journalctl
  other.kill();
  follower.close();
  return { quiet: latencyOf(follower.ages), quietByJournalctl: latencyOf(byJournalctl) };
}

/** A follower in a process of its own, for the sake of our own latency. Resolves when it follows; what it returns, when it is through. */
async function followFlood({ name, said }: TalkingGame, lines: number): Promise<() => Promise<void>> {
  const program = join(import.meta.dirname, "follow-flood.ts");
  const child = spawn(process.execPath, [program, name, String(said), String(said + lines)], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit").then(([code]) => {
    if (code !== 0) throw new Error(`the follower of the flood ended with ${code}`);
  });
  await Promise.race([once(child.stdout, "data"), ended]);
  return () => ended;
}

function latencyOf(ages: readonly number[]): Latency {
  return { p50: percentile(ages, 0.5), p99: percentile(ages, 0.99) };
}

function unitOf({ name }: { readonly name: string }): string {
  return `left4me-server@${name}.service`;
}

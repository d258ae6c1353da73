import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { HostClient, LogEntry } from "../../src/client/index.ts";
import { type Bench, median, percentile, timed } from "../bench.ts";
import { startGrpcJsPeer } from "../peers/grpc-js-peer.ts";
import { measureInHost } from "./bench-host.ts";
import { Follower } from "./follower.ts";
import { drained, followUnit, journalctl, linesOf, onLines, type Printing } from "./journalctl.ts";
import { ageOf, numberOf } from "./numbered-line.ts";
import { installOlderCli, type OlderCli } from "./older-cli.ts";
import { operatorClient } from "./operator-client.ts";
import { TalkingGame } from "./talking-game.ts";

const game = { name: "talking", port: 27000 };
const unit = `left4me-server@${game.name}.service`;
/** As many as one call may ask for. */
const floodLines = 100_000;
const rounds = 3;

/** Milliseconds from a line to its arrival, milliseconds for the last 200 lines, and lines a second of a whole log. */
type Figures = {
  readonly ages: Record<"ours" | "journalctl" | "older", number[]>;
  readonly last200: Record<"ours" | "journalctl" | "older", number[]>;
  readonly perSecond: Record<"ours" | "oursByGrpc" | "grpcJs" | "rawExport" | "older", number>;
};

/** The way of a game's line to a follower of the daemon, and how fast a log is read through it. */
export const logsBench: Bench = {
  title: "a log line to a follower through the RPC, against journalctl -f and the older CLI; lines a second against the raw export",
  async run({ runs, log }) {
    const { ages, last200, perSecond } = await measureInHost<Figures>("logs", runs);
    for (const [side, values] of Object.entries(ages))
      log(`${side}: ${values.length} lines, ${median(values).toFixed(1)} ms, p99 ${percentile(values, 0.99).toFixed(1)} ms`);
    const lines = (value: number) => ({ value: Math.round(value), unit: "lines/s" });
    const p50 = (values: readonly number[]) => ({ value: median(values), unit: "ms" });
    const p99 = (values: readonly number[]) => ({ value: percentile(values, 0.99), unit: "ms" });
    return {
      unit: "ms",
      value: median(ages.ours),
      peer: median(ages.journalctl),
      limit: { of: "value", most: 15 },
      further: {
        p99: { ...p99(ages.ours), most: 60 },
        peerP99: p99(ages.journalctl),
        older: p50(ages.older),
        olderP99: p99(ages.older),
        last200: p50(last200.ours),
        journalctlLast200: p50(last200.journalctl),
        olderLast200: p50(last200.older),
        linesPerSecond: lines(perSecond.ours),
        linesPerSecondByGrpc: lines(perSecond.oursByGrpc),
        rawExportLinesPerSecond: lines(perSecond.rawExport),
        grpcJsLinesPerSecond: lines(perSecond.grpcJs),
        olderLinesPerSecond: lines(perSecond.older),
        rawOverOurs: { value: perSecond.rawExport / perSecond.ours, unit: "ratio", most: 1 / 0.9 },
      },
    };
  },
};

/** Within the host. */
export async function measureLogs(runs: number): Promise<Figures> {
  const client = operatorClient();
  const [talking] = await TalkingGame.startAll(client, [game]);
  if (talking === undefined) throw new Error("there is no game");
  const cli = installOlderCli();
  const ages = await measureAges(client, talking, cli, Math.max(100, 10 * runs));
  const follower = await Follower.open(client, game.name, talking.said);
  await follower.readTo(await talking.flood(floodLines)); // then the journal has them all
  follower.close();
  return { ages, last200: await measureLast200(client, cli, runs), perSecond: await measureFlow(client, cli, talking.said) };
}

/** The same lines by every way at once. */
async function measureAges(client: HostClient, talking: TalkingGame, cli: OlderCli, lines: number): Promise<Figures["ages"]> {
  const follower = await Follower.open(client, game.name);
  const others = { journalctl: followUnit(unit), older: cli.logs(game.name, 0, true) };
  await sleep(1000); // they start
  const last = await talking.talk(lines);
  const [journalctl, older] = await Promise.all([agesUntil(others.journalctl, last), agesUntil(others.older, last), follower.readTo(last)]);
  follower.close();
  const warm = (values: readonly number[]) => values.slice(1);
  return { ours: warm(follower.ages), journalctl: warm(journalctl), older: warm(older) };
}

/** The ages of the lines that a program prints, until the one with a number has come. */
async function agesUntil(program: Printing, last: number): Promise<number[]> {
  const ages: number[] = [];
  const done = Promise.withResolvers<void>();
  onLines(program, (line) => {
    const age = ageOf(line);
    if (age !== undefined) ages.push(age);
    if (numberOf(line) >= last) done.resolve();
  });
  await Promise.race([done.promise, once(program, "exit").then(() => Promise.reject(new Error("a follower ended")))]);
  program.kill();
  return ages;
}

async function measureLast200(client: HostClient, cli: OlderCli, runs: number): Promise<Figures["last200"]> {
  const sides = {
    ours: () => historyOf(client, 200),
    journalctl: () => linesOf(journalctl("--output=cat", "--lines=200", `--unit=${unit}`)),
    older: () => linesOf(cli.logs(game.name, 200, false)),
  };
  const figures: Figures["last200"] = { ours: [], journalctl: [], older: [] };
  for (let run = -2; run < runs; run += 1) {
    for (const side of ["ours", "journalctl", "older"] as const) {
      const took = await timed(sides[side]);
      if (run >= 0) figures[side].push(took); // before: warm-up
    }
  }
  return figures;
}

/** Who reads the flood faster? In turn, the best of three each. @param all the lines that the journal has */
async function measureFlow(client: HostClient, cli: OlderCli, all: number): Promise<Figures["perSecond"]> {
  const byGrpc = operatorClient("grpc");
  const peer = await startGrpcJsPeer({ entry: await lastEntry(client) });
  const fields = "--output-fields=MESSAGE,_SYSTEMD_UNIT,_SYSTEMD_INVOCATION_ID,_LINE_BREAK";
  const sides: Record<keyof Figures["perSecond"], () => Promise<number>> = {
    ours: () => historyOf(client, floodLines),
    oursByGrpc: () => historyOf(byGrpc, floodLines),
    grpcJs: () => historyOf(peer.client, floodLines),
    rawExport: async () => {
      await drained(journalctl("--output=export", fields, `_SYSTEMD_UNIT=${unit}`));
      return all;
    },
    older: () => linesOf(cli.logs(game.name, floodLines, false)),
  };
  const best = { ours: 0, oursByGrpc: 0, grpcJs: 0, rawExport: 0, older: 0 };
  for (let round = 0; round < rounds; round += 1)
    for (const side of Object.keys(best) as (keyof typeof best)[]) best[side] = Math.max(best[side], await linesPerSecond(sides[side]));
  await peer.end();
  return best;
}

async function linesPerSecond(read: () => Promise<number>): Promise<number> {
  let lines = 0;
  const took = await timed(async () => {
    lines = await read();
  });
  return (lines / took) * 1000;
}

/** Reads the last lines and counts them. @throws Error when there were fewer */
async function historyOf({ logs }: HostClient, lines: number): Promise<number> {
  let count = 0;
  for await (const { event } of logs.streamLogs({ name: game.name, lines }))
    if (event.case === "batch") count += event.value.entries.length;
  if (count < lines) throw new Error(`${count} of ${lines} lines were read`);
  return count;
}

async function lastEntry({ logs }: HostClient): Promise<LogEntry> {
  let last: LogEntry | undefined;
  for await (const { event } of logs.streamLogs({ name: game.name, lines: 1 }))
    if (event.case === "batch") last = event.value.entries.at(-1);
  if (last === undefined) throw new Error("the log has no entry");
  return last;
}

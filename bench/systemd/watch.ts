import { setTimeout as sleep } from "node:timers/promises";
import { WaitFor } from "../../src/client/index.ts";
import { type Bench, median, percentile } from "../bench.ts";
import { PeerWatch } from "../peers/peer-watch.ts";
import { measureInHost } from "./bench-host.ts";
import { portsBound } from "./bound-ports.ts";
import { firstGame, type Game } from "./game-side.ts";
import { type Left4meSide, left4meSide } from "./left4me-side.ts";
import { type Change, gameProcess, Observer } from "./observer.ts";
import { installOlderCli, type OlderCli } from "./older-cli.ts";

/** Games that run side by side; they crash one after the other. */
const instances = 20;
/** A 99th percentile wants more values than a median. */
const crashesARun = 4;
/** Of the games of a round, so many crash under the eyes of the older CLI alone. */
const crashesForOlder = 4;
const changesARound = 5;
/** A game that fails within its first two seconds ends 0.2 s later, see left4me-launch: what crashes here has run for longer. */
const ageMs = 2500;

/** Milliseconds. */
type Figures = {
  /** From the signal that kills a game to the change at a watcher that says that it does not run any more. */
  readonly watcher: number[];
  /** From there to the first D-Bus signal of PID 1 about its unit. */
  readonly bus: number[];
  /** From there to the end of the first status of the older CLI, asked without a pause, that tells of it. */
  readonly older: number[];
  /** From an order to the change at a watcher, and to the order's own answer. */
  readonly start: Change[];
  readonly stop: Change[];
  /** From the word to a grpc-js server in another process to the change at its watcher. */
  readonly grpcJs: number[];
};

/** What happens to an instance, and the first event that tells of it. */
export const watchBench: Bench = {
  title: "a crash of a game until a watcher is told, against the first D-Bus signal of PID 1 about it; starts and stops",
  async run({ runs, log }) {
    const { watcher, bus, older, start, stop, grpcJs } = await measureInHost<Figures>("watch", runs);
    log(
      `${watcher.length} crashes: a watcher knows after ${median(watcher).toFixed(1)} ms, p99 ${percentile(watcher, 0.99).toFixed(1)} ms`,
    );
    const p50 = (values: readonly number[]) => ({ value: median(values), unit: "ms" });
    const p99 = (values: readonly number[]) => ({ value: percentile(values, 0.99), unit: "ms" });
    return {
      unit: "ms",
      value: percentile(watcher, 0.99),
      floor: percentile(bus, 0.99),
      limit: { of: "value", most: 50 },
      further: {
        p50: p50(watcher),
        floorP50: p50(bus),
        crashes: { value: watcher.length, unit: "crashes" },
        olderP50: p50(older),
        olderP99: p99(older),
        start: p50(start.map((change) => change.watcher)),
        startAnswered: p50(start.map((change) => change.answer)),
        stop: p50(stop.map((change) => change.watcher)),
        stopAnswered: p50(stop.map((change) => change.answer)),
        grpcJsP50: p50(grpcJs),
        grpcJsP99: p99(grpcJs),
      },
    };
  },
};

/** Within the host. */
export async function measureWatch(runs: number): Promise<Figures> {
  const ours = await left4meSide(instances);
  const cli = installOlderCli();
  const observer = await Observer.open(ours.client);
  const figures: Figures = { watcher: [], bus: [], older: [], start: [], stop: [], grpcJs: [] };
  const peer = await PeerWatch.open(await ours.client.instances.listInstances({}));
  while (figures.watcher.length < runs * crashesARun) {
    for (let change = 0; change < changesARound; change += 1) await startAndStop(ours, observer, figures);
    for (const { name } of ours.games) figures.grpcJs.push(await peer.change(name));
    await crashAll(ours, observer, cli, figures);
  }
  await peer.end();
  observer.close();
  return figures;
}

async function startAndStop(ours: Left4meSide, observer: Observer, figures: Figures): Promise<void> {
  const { name } = firstGame(ours);
  const service = ours.client.instances;
  figures.start.push(await observer.change(`${name} RUNNING`, () => service.startInstance({ name, waitFor: WaitFor.ACTIVE })));
  figures.stop.push(await observer.change(`${name} STOPPED`, () => service.stopInstance({ name })));
}

async function crashAll(ours: Left4meSide, observer: Observer, cli: OlderCli, figures: Figures): Promise<void> {
  await ours.startAll();
  await portsBound(ours.games.map(({ port }) => port));
  await sleep(ageMs);
  for (const [index, game] of ours.games.entries()) {
    if (index < crashesForOlder) figures.older.push(await crashPolled(cli, game));
    else {
      const { watcher, bus } = await observer.crash(game);
      figures.watcher.push(watcher);
      figures.bus.push(bus);
    }
    await ours.client.instances.stopInstance({ name: game.name });
    await sleep(50);
  }
}

/** Whoever has the older CLI alone asks again and again. */
async function crashPolled(cli: OlderCli, { name }: Game): Promise<number> {
  const seen = (async () => {
    while ((await cli.state(name)) === "active");
    return performance.now();
  })();
  await sleep(300 + 200 * Math.random()); // at any moment of a call
  const began = performance.now();
  process.kill(gameProcess(name), "SIGSEGV");
  return (await seen) - began;
}

import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type HostClient, InstanceState, watchInstances } from "../../src/client/index.ts";
import { unitOfPath } from "../../src/drivers/systemd/unit-names.ts";
import { type Bench, median, percentile } from "../bench.ts";
import { measureInHost } from "./bench-host.ts";
import { portsBound } from "./bound-ports.ts";
import type { Game } from "./game-side.ts";
import { KeptBus } from "./kept-bus.ts";
import { left4meSide } from "./left4me-side.ts";

/** Games that run side by side; they crash one after the other. */
const instances = 20;
/** A 99th percentile wants more values than a median. */
const crashesARun = 4;
/** A game that fails within its first two seconds ends 0.2 s later, see left4me-launch: what crashes here has run for longer. */
const ageMs = 2500;
const limitMs = 10_000;

/** Milliseconds from the signal that kills a game. */
type Figures = {
  /** To the change at a watcher that says that it does not run any more. */
  readonly watcher: number[];
  /** To the first D-Bus signal of PID 1 about its unit. */
  readonly bus: number[];
};

/** A crash and the first event that tells of it. */
export const crashBench: Bench = {
  title: "a crash of a game until a watcher is told, against the first D-Bus signal of PID 1 about it",
  async run({ runs, log }) {
    const { watcher, bus } = await measureInHost<Figures>("crash", runs);
    log(
      `${watcher.length} crashes: a watcher knows after ${median(watcher).toFixed(1)} ms, p99 ${percentile(watcher, 0.99).toFixed(1)} ms`,
    );
    return {
      unit: "ms",
      value: percentile(watcher, 0.99),
      floor: percentile(bus, 0.99),
      limit: { of: "value", most: 50 },
      further: {
        p50: { value: median(watcher), unit: "ms" },
        floorP50: { value: median(bus), unit: "ms" },
        crashes: { value: watcher.length, unit: "crashes" },
      },
    };
  },
};

/** Within the host. */
export async function measureCrash(runs: number): Promise<Figures> {
  const ours = await left4meSide(instances);
  const observer = await CrashObserver.open(ours.client);
  const figures: Figures = { watcher: [], bus: [] };
  while (figures.watcher.length < runs * crashesARun) {
    await ours.startAll();
    await portsBound(ours.games.map(({ port }) => port));
    await sleep(ageMs);
    for (const game of ours.games) {
      const { watcher, bus } = await observer.crash(game);
      figures.watcher.push(watcher);
      figures.bus.push(bus);
      await ours.client.instances.stopInstance({ name: game.name });
      await sleep(50);
    }
  }
  observer.close();
  return figures;
}

/** Watches by both ways and notes when each one tells. */
class CrashObserver {
  readonly #told = new Map<string, () => void>();
  readonly #stopping = new AbortController();

  static async open(client: HostClient): Promise<CrashObserver> {
    const observer = new CrashObserver();
    await KeptBus.connect(({ path, member }) => {
      if (member === "PropertiesChanged") observer.#tell(`bus ${unitOfPath(path)}`);
    });
    const synced = Promise.withResolvers<void>();
    void observer.#watch(client, synced.resolve).catch(synced.reject);
    await synced.promise;
    return observer;
  }

  close(): void {
    this.#stopping.abort();
  }

  /** Kills the game as a fault in its code would. */
  async crash({ name }: Game): Promise<{ watcher: number; bus: number }> {
    const pid = gameProcess(name);
    const began = performance.now();
    const both = Promise.all([this.#time(`watcher ${name}`), this.#time(`bus left4me-server@${name}.service`)]);
    process.kill(pid, "SIGSEGV");
    const [watcher, bus] = await both;
    return { watcher: watcher - began, bus: bus - began };
  }

  async #watch(client: HostClient, synced: () => void): Promise<void> {
    for await (const item of watchInstances(client, { signal: this.#stopping.signal })) {
      if (item.type === "synced") synced();
      if (item.type === "change" && item.instance.status?.state !== InstanceState.RUNNING) this.#tell(`watcher ${item.instance.name}`);
    }
  }

  #time(key: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${key}: nothing was told`)), limitMs);
      this.#told.set(key, () => {
        clearTimeout(timer);
        resolve(performance.now());
      });
    });
  }

  #tell(key: string): void {
    this.#told.get(key)?.();
    this.#told.delete(key);
  }
}

/** The launcher is the first process of the unit, the game its child. */
function gameProcess(name: string): number {
  const pids = readFileSync(`/sys/fs/cgroup/left4me.slice/left4me-server@${name}.service/cgroup.procs`, "utf8")
    .trim()
    .split("\n")
    .map(Number);
  const pid = Math.max(...pids);
  if (pids.length !== 2) throw new Error(`${name} has ${pids.length} processes`);
  return pid;
}

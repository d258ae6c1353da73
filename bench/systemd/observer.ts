import { readFileSync } from "node:fs";
import { type HostClient, InstanceState, watchInstances } from "../../src/client/index.ts";
import { unitOfPath } from "../../src/drivers/systemd/units/unit-names.ts";
import { timed } from "../bench.ts";
import { Told } from "../told.ts";
import type { Game } from "./game-side.ts";
import { KeptBus } from "./kept-bus.ts";

/** Milliseconds from an order to the change at a watcher, and to the order's own answer. */
export type Change = { readonly watcher: number; readonly answer: number };

/** Watches by both ways and notes when each one tells. */
export class Observer {
  readonly #told = new Told();
  readonly #stopping = new AbortController();

  static async open(client: HostClient): Promise<Observer> {
    const observer = new Observer();
    await KeptBus.connect(({ path, member }) => {
      if (member === "PropertiesChanged") observer.#told.tell(`bus ${unitOfPath(path)}`);
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
    const both = Promise.all([this.#told.when(`${name} ended`), this.#told.when(`bus left4me-server@${name}.service`)]);
    process.kill(pid, "SIGSEGV");
    const [watcher, bus] = await both;
    return { watcher: watcher - began, bus: bus - began };
  }

  /** Gives an order. @param what a name and the state that a watcher is to be told */
  async change(what: string, order: () => Promise<unknown>): Promise<Change> {
    const began = performance.now();
    const told = this.#told.when(what);
    const answer = await timed(order);
    return { watcher: (await told) - began, answer };
  }

  async #watch(client: HostClient, synced: () => void): Promise<void> {
    for await (const item of watchInstances(client, { signal: this.#stopping.signal })) {
      if (item.type === "synced") synced();
      if (item.type !== "change") continue;
      const { name, status } = item.instance;
      if (status?.state !== InstanceState.RUNNING) this.#told.tell(`${name} ended`);
      if (status?.state === InstanceState.RUNNING) this.#told.tell(`${name} RUNNING`);
      if (status?.state === InstanceState.STOPPED) this.#told.tell(`${name} STOPPED`);
    }
  }
}

/** The launcher is the first process of the unit, the game its child. */
export function gameProcess(name: string): number {
  const pids = readFileSync(`/sys/fs/cgroup/left4me.slice/left4me-server@${name}.service/cgroup.procs`, "utf8")
    .trim()
    .split("\n")
    .map(Number);
  const pid = Math.max(...pids);
  if (pids.length !== 2) throw new Error(`${name} has ${pids.length} processes`);
  return pid;
}

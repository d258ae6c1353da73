import { type HostClient, type Instance, InstanceState, type WatchItem, watchInstances } from "../../../src/client/index.ts";
import { enumName } from "../enum-name.ts";
import type { InstanceHistory } from "./instance-history.ts";

/**
 * What somebody knows who has been watching all the time: a table that is made of a watch's items, across every death of
 * the daemon. Items that contradict what has been told before are problems.
 */
export class WatchedTable {
  readonly instances = new Map<string, Instance>();
  readonly problems: string[] = [];
  /** How often the watch started over, by reason. */
  readonly resyncs: Record<string, number> = {};
  changes = 0;
  /** Everything has been told: the table is one of one moment. */
  isSynced = false;
  readonly #history: InstanceHistory;
  readonly #newest = new Map<string, bigint>();

  constructor(history: InstanceHistory) {
    this.#history = history;
  }

  /** Watches until `signal` aborts. @throws ConnectError when the watch cannot go on */
  async watch(client: HostClient, signal: AbortSignal): Promise<void> {
    for await (const item of watchInstances(client, { signal, maximumDelayMs: 1000 })) this.take(item);
  }

  take(item: WatchItem): void {
    if (item.type === "synced") this.isSynced = true;
    else if (item.type === "resync") this.#startOver(item.reason);
    else this.#change(item);
  }

  #startOver(reason: string): void {
    this.resyncs[reason] = (this.resyncs[reason] ?? 0) + 1;
    this.instances.clear();
    this.isSynced = false;
    this.#history.addToAll(`watch: starts over, ${reason}`);
  }

  #change({ change, instance }: WatchItem & { readonly type: "change" }): void {
    const { name, uid, revision, status } = instance;
    this.changes += 1;
    const words = `${enumName(InstanceState, status?.state)}, ${status?.activeState}/${status?.subState}, ${status?.result}, pid ${status?.mainPid}`;
    this.#history.add(name, `watch: ${change} ${words}, ${status?.invocationId}, revision ${revision}`);
    const isKnown = this.instances.has(name);
    if ((change === "ADDED") === isKnown) this.#tell(name, `${change} although it was ${isKnown ? "there" : "unknown"}`);
    const newest = this.#newest.get(uid) ?? 0n;
    if (revision < newest) this.#tell(name, `revision ${revision} behind ${newest}`);
    this.#newest.set(uid, revision);
    if (change === "REMOVED") this.instances.delete(name);
    else this.instances.set(name, instance);
  }

  #tell(name: string, problem: string): void {
    this.problems.push(`the watch of ${name}: ${problem}\n${this.#history.of(name)}`);
  }
}

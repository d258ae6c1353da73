import type { Instance, WatchItem } from "../../client/index.ts";
import { CpuMeter } from "./cpu-meter.ts";

/** An instance as it was told last. */
export type WatchedInstance = {
  readonly instance: Instance;
  /** Percent of one core; undefined = unknown. */
  readonly cpuPercent: number | undefined;
};

/** What became of an instance; SAMPLED: nothing but a new sample of its usage. */
export type WatchedChange = WatchedInstance & { readonly type: "ADDED" | "MODIFIED" | "REMOVED" | "SAMPLED" };

type Known = WatchedInstance & { readonly meter: CpuMeter };

/**
 * The instances of a watch, kept up to date by what it yields.
 *
 * When the watch starts over, they stay until its snapshot is complete: what is as it was is no change, and what the snapshot
 * did not tell of has gone.
 */
export class WatchedInstances {
  readonly #known = new Map<string, Known>();
  /** What the snapshot of a watch that started over has not told of yet. */
  #untold = new Set<string>();

  /** All of them, in the order of their names. */
  all(): WatchedInstance[] {
    return [...this.#known.values()].sort((a, b) => (a.instance.name < b.instance.name ? -1 : 1));
  }

  has(name: string): boolean {
    return this.#known.has(name);
  }

  /** Takes what the watch yielded. Returns what has changed by it. */
  take(item: WatchItem): WatchedChange[] {
    if (item.type === "change") return item.change === "REMOVED" ? this.#remove(item.instance) : this.#update(item.instance);
    if (item.type === "synced") return this.#removeUntold();
    this.#untold = new Set(this.#known.keys());
    return [];
  }

  #update(instance: Instance): WatchedChange[] {
    const { name } = instance;
    this.#untold.delete(name);
    const before = this.#known.get(name);
    if (before !== undefined && before.instance.uid !== instance.uid) return [...this.#remove(before.instance), ...this.#update(instance)];
    const meter = before?.meter ?? new CpuMeter();
    const told = { instance, cpuPercent: meter.read(instance.status) };
    this.#known.set(name, { ...told, meter });
    if (before === undefined) return [{ ...told, type: "ADDED" }];
    return [{ ...told, type: before.instance.revision === instance.revision ? "SAMPLED" : "MODIFIED" }];
  }

  #remove(instance: Instance): WatchedChange[] {
    const { name } = instance;
    const known = this.#known.get(name);
    // An earlier instance of the name; the one that is known goes on.
    if (known !== undefined && known.instance.uid !== instance.uid) return [];
    this.#known.delete(name);
    this.#untold.delete(name);
    return [{ type: "REMOVED", instance, cpuPercent: undefined }];
  }

  #removeUntold(): WatchedChange[] {
    const gone = [...this.#untold].flatMap((name) => this.#known.get(name) ?? []);
    return gone.flatMap(({ instance }) => this.#remove(instance));
  }
}

import { type ChangeType, InstanceSchema, InstanceState, Readiness } from "../../client/index.ts";
import { clockOf } from "../output/clock.ts";
import { remarksOn, wordOf } from "../output/contract-words.ts";
import { messageJson, printJsonLine } from "../output/json-output.ts";
import { printNotice } from "../output/notice.ts";
import { printable, type Terminal } from "../output/terminal.ts";
import { usageOf } from "./watch-table.ts";
import type { WatchView } from "./watch-view.ts";
import type { WatchedChange, WatchedInstances } from "./watched-instances.ts";

export type WatchLinesOptions = {
  readonly watched: WatchedInstances;
  /** The names that were asked for; none: all. */
  readonly names: readonly string[];
  readonly json: boolean;
  /** Also tells a new sample of the usage, which is no change. */
  readonly withSamples: boolean;
};

/** Shows a watch as one line a change, for people or as JSON. What concerns the connection goes to standard error. */
export class WatchLines implements WatchView {
  readonly #terminal: Terminal;
  readonly #options: WatchLinesOptions;

  constructor(terminal: Terminal, options: WatchLinesOptions) {
    this.#terminal = terminal;
    this.#options = options;
  }

  changed(change: WatchedChange): void {
    if (change.type === "SAMPLED" && !this.#options.withSamples) return;
    if (this.#options.json) printJsonLine(this.#terminal, documentOf(change));
    else this.#terminal.out(`${clockOf(new Date())} ${change.instance.name}: ${printable(textOf(change))}\n`);
  }

  synced(): void {
    for (const name of this.#options.names)
      if (!this.#options.watched.has(name)) printNotice(this.#terminal, `there is no instance ${name} yet`);
  }

  lost(cause: string): void {
    printNotice(this.#terminal, `connection lost (${cause}), reconnecting; Ctrl-C ends`);
  }

  back(): void {
    printNotice(this.#terminal, "connected again");
  }

  close(): void {}
}

function documentOf({ type, instance, cpuPercent }: WatchedChange) {
  return {
    type: `CHANGE_TYPE_${type === "SAMPLED" ? "MODIFIED" : type}` satisfies `CHANGE_TYPE_${keyof typeof ChangeType}`,
    instance: messageJson(InstanceSchema, instance),
    ...(cpuPercent === undefined ? {} : { cpuPercent: Math.round(cpuPercent * 10) / 10 }),
  };
}

function textOf({ type, instance, cpuPercent }: WatchedChange): string {
  if (type === "REMOVED") return "removed";
  const { status } = instance;
  const state = wordOf(InstanceState, status?.state ?? 0) || "?";
  const [cpu, memory, tasks] = usageOf(status, cpuPercent);
  const usage = cpu === "-" ? [] : [`CPU ${cpu}, memory ${memory}, tasks ${tasks}`];
  return [`${state}${readyWords[status?.readiness ?? 0] ?? ", readiness ?"}`, ...usage, ...remarksOn(instance)].join("; ");
}

const readyWords: Readonly<Record<number, string>> = {
  [Readiness.READY]: ", ready",
  [Readiness.NOT_READY]: ", not ready",
  [Readiness.NOT_APPLICABLE]: "",
};

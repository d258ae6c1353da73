import type { InstallJob, InstallLine } from "../../client/index.ts";
import { clockOf } from "../output/clock.ts";
import { printNotice } from "../output/notice.ts";
import { printable, type Terminal } from "../output/terminal.ts";
import { activityOf, shownLine } from "./install-text.ts";
import type { InstallView } from "./install-view.ts";

/** What is told at the latest, in milliseconds and in percent of a phase. */
const everyMs = 10_000;
const everyPercent = 10;

/** An installation as lines, `18:05:09 downloading: 40 %, …`: one at every change of the phase, then every 10 s and every 10 %. */
export class InstallLines implements InstallView {
  readonly #terminal: Pick<Terminal, "err">;
  readonly #now: () => number;
  #told: { readonly phase: number; readonly step: number; readonly atMs: number } | undefined;

  /** @param now the time in milliseconds */
  constructor(terminal: Pick<Terminal, "err">, now: () => number = Date.now) {
    this.#terminal = terminal;
    this.#now = now;
  }

  job(job: InstallJob): void {
    const atMs = this.#now();
    const step = Math.floor((job.percent ?? 0) / everyPercent);
    const before = this.#told;
    if (before !== undefined && before.phase === job.phase && step <= before.step && atMs - before.atMs < everyMs) return;
    this.#told = { phase: job.phase, step, atMs };
    this.#terminal.err(`${clockOf(new Date(atMs))} ${printable(activityOf(job))}\n`);
  }

  line({ text }: InstallLine): void {
    this.#terminal.err(`${shownLine(text)}\n`);
  }

  notice(text: string): void {
    printNotice(this.#terminal, text);
  }

  close(): void {}
}

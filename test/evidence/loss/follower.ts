import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../random.ts";
import { type FollowerKind, Habit } from "./habit.ts";
import { followWithHelper } from "./helper-follower.ts";
import { LineLedger } from "./line-ledger.ts";
import { followRaw } from "./raw-follower.ts";

/** Whose log is followed, from where on, at which host. */
export type LogSource = { readonly address: string; readonly name: string; readonly since: Date };

/** What a follower is to do. */
export type FollowerPlan = {
  readonly kind: FollowerKind;
  readonly source: LogSource;
  /** How many lines the game prints, and in about how many seconds. */
  readonly lines: number;
  readonly seconds: number;
  readonly random: Random;
};

/** Somebody who follows one log to its end, and keeps account of it. */
export class Follower {
  readonly kind: FollowerKind;
  readonly source: LogSource;
  readonly ledger: LineLedger;
  /** How often it has tried to open a stream, and how long it has not read although there was something. */
  tries = 0;
  stalledMs = 0;
  /** Settles when the log is over, or when it cannot go on; then `failure` says why. */
  readonly done: Promise<void>;
  failure: unknown;

  /** Begins to follow. */
  constructor(plan: FollowerPlan, signal: AbortSignal) {
    this.kind = plan.kind;
    this.source = plan.source;
    this.ledger = new LineLedger(plan.lines);
    this.done = this.#follow(plan, signal).catch((error: unknown) => {
      if (!signal.aborted) this.failure = error;
    });
  }

  /** What was wrong, each with who says it. */
  get problems(): string[] {
    const { isOver, last, problems } = this.ledger;
    const end = isOver ? [] : [`the end of the log never came; the last line was ${last}`];
    const failure = this.failure === undefined ? [] : [`it could not go on: ${String(this.failure)}`];
    return [...problems, ...failure, ...end].map((problem) => `${this.source.name}, ${this.kind} follower: ${problem}`);
  }

  async #follow({ kind, lines, seconds, random }: FollowerPlan, signal: AbortSignal): Promise<void> {
    if (kind === "late") await sleep(random.between(0, seconds * 500), undefined, { signal });
    if (kind === "helper" || kind === "late") return followWithHelper(this, signal);
    const longestStallMs = Math.max(2000, seconds * 100);
    return followRaw(this, new Habit(kind, lines, longestStallMs, random), signal);
  }
}

import { performance } from "node:perf_hooks";
import { Random } from "../random.ts";
import type { BlockCoverage } from "./block-coverage.ts";
import type { Fault } from "./fuzz-report.ts";
import { EscapeError, type FuzzTarget } from "./fuzz-target.ts";
import type { InputBoard } from "./input-board.ts";
import { Mutator } from "./mutator.ts";

/** After each batch one looks at what ran: less often while nothing new is found, because looking costs milliseconds. */
const batch = { least: 16, most: 1024 } as const;
const mostFaults = 20;

export type LoopSetting = {
  readonly target: FuzzTarget;
  readonly coverage: BlockCoverage;
  readonly board: InputBoard;
  readonly scratch: string;
  readonly seed: number;
};

/** Searches for inputs that a target cannot bear, by changing those that reached new code. */
export class FuzzLoop {
  /** Inputs that reached something new, in the order in which they were found. */
  readonly corpus: Buffer[] = [];
  readonly faults: Fault[] = [];
  readonly verdicts = { taken: 0, refused: 0 };
  slowestMs = 0;
  readonly #setting: LoopSetting;
  readonly #random: Random;
  readonly #mutator: Mutator;
  readonly #told = new Set<string>();

  constructor(setting: LoopSetting) {
    this.#setting = setting;
    this.#random = new Random(setting.seed);
    this.#mutator = new Mutator(
      this.#random,
      setting.target.words.map((word) => Buffer.from(word)),
      setting.target.largestBytes,
    );
  }

  /** Tries inputs one by one; those that reach something new join the corpus. */
  async tryEach(inputs: readonly Buffer[]): Promise<void> {
    for (const input of inputs) {
      await this.#try(input, "count");
      this.#keepIfNew(input);
    }
  }

  /** Tries so many changed inputs. */
  async search(rounds: number): Promise<void> {
    const { coverage } = this.#setting;
    let size: number = batch.least;
    for (let left = rounds; left > 0; ) {
      const inputs = Array.from({ length: Math.min(size, left) }, () => this.#next());
      left -= inputs.length;
      for (const input of inputs) await this.#try(input, "count");
      const reached = coverage.take();
      size = coverage.isNew(reached) ? batch.least : Math.min(batch.most, size * 2);
      if (size > batch.least) continue;
      for (const input of inputs) {
        await this.#try(input, "again");
        this.#keepIfNew(input);
      }
      coverage.add(reached); // what happens only once, such as the first of something, would be news for ever
    }
  }

  /** A smaller corpus that reaches as much: short inputs first, and each must reach something new. */
  async minimised(): Promise<Buffer[]> {
    const found = this.corpus.splice(0).sort((a, b) => a.length - b.length);
    this.#setting.coverage.forget();
    for (const input of found) {
      await this.#try(input, "again");
      this.#keepIfNew(input);
    }
    return this.corpus;
  }

  #next(): Buffer {
    const random = this.#random;
    const newest = this.corpus.slice(-Math.ceil(this.corpus.length / 4));
    const parent = random.pick(random.between(0, 1) === 0 ? newest : this.corpus);
    return this.#mutator.mutate(parent, random.pick(this.corpus));
  }

  #keepIfNew(input: Buffer): void {
    const { coverage } = this.#setting;
    const reached = coverage.take();
    if (this.corpus.length > 0 && !coverage.isNew(reached)) return;
    coverage.add(reached);
    this.corpus.push(input);
  }

  async #try(input: Buffer, mode: "count" | "again"): Promise<void> {
    const { target, board, scratch } = this.#setting;
    board.show(input);
    const began = performance.now();
    try {
      const verdict = await target.check(Buffer.from(input), scratch);
      if (mode === "count") this.verdicts[verdict] += 1;
    } catch (error) {
      if (mode === "count") this.verdicts.refused += 1;
      this.#fault(input, error);
    }
    this.slowestMs = Math.max(this.slowestMs, performance.now() - began);
  }

  /** Each kind of fault once. */
  #fault(input: Buffer, error: unknown): void {
    const { name, message, stack = "" } = error instanceof Error ? error : new Error(`threw ${String(error)}`);
    const place = stack
      .split("\n")
      .filter((line) => line.includes("    at "))
      .slice(0, 2)
      .join();
    const key = `${name}${place}`;
    if (this.#told.has(key) || this.faults.length >= mostFaults) return;
    this.#told.add(key);
    const kind = error instanceof EscapeError ? "escape" : name === "AssertionError" ? "wrong" : "crash";
    this.faults.push({ kind, text: `${name}: ${message.slice(0, 1500)}${place.slice(0, 500)}`, input: input.toString("base64") });
  }
}

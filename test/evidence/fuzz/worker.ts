/** Fuzzes one target in a thread of its own: it may hang, or eat all of its memory. */
import { parentPort, workerData } from "node:worker_threads";
import { BlockCoverage } from "./block-coverage.ts";
import { FuzzLoop } from "./fuzz-loop.ts";
import type { FuzzReport } from "./fuzz-report.ts";
import type { FuzzTarget } from "./fuzz-target.ts";
import { InputBoard } from "./input-board.ts";

/** What the thread is given. */
export type WorkerOrder = {
  /** The address of a module that exports `target`. */
  readonly module: string;
  readonly covers: readonly string[];
  readonly corpus: readonly Uint8Array[];
  readonly board: SharedArrayBuffer;
  readonly scratch: string;
  readonly seed: number;
  /** Inputs in all; those that are given count. */
  readonly rounds: number;
  readonly minimise: boolean;
};

const order = workerData as WorkerOrder;
// Before the modules that matter are loaded: V8 counts blocks only of what it compiles from now on.
const coverage = new BlockCoverage(order.covers);
const { target } = (await import(order.module)) as { target: FuzzTarget };
coverage.add(coverage.take());
const loop = new FuzzLoop({ target, coverage, board: new InputBoard(order.board), scratch: order.scratch, seed: order.seed });
const given = [...target.seeds.map((seed) => Buffer.from(seed)), ...order.corpus.map((input) => Buffer.from(input))];
await loop.tryEach(given);
await loop.search(Math.max(0, order.rounds - given.length));
const { taken, refused } = loop.verdicts;
const report: FuzzReport = {
  inputs: taken + refused,
  taken,
  refused,
  reached: coverage.share(),
  blind: coverage.blind,
  slowestMs: Math.round(loop.slowestMs),
  heapMiB: Math.round(process.memoryUsage().heapUsed / 2 ** 20),
  faults: loop.faults,
  corpus: order.minimise ? await loop.minimised() : loop.corpus,
};
parentPort?.postMessage(report);

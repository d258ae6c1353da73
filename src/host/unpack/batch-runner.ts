import { once } from "node:events";
import * as fs from "node:fs";
import { Worker } from "node:worker_threads";
import { refuseEntry } from "./archive-refused.ts";
import { applyBatch, type BatchFailure, type BatchSettings, type TreeBatch } from "./tree-batch.ts";

// The function's own text, so that the daemon stays one bundle: a worker's file would have to be shipped beside it.
const workerSource = `
  const { parentPort, workerData } = process.getBuiltinModule("node:worker_threads");
  const fs = process.getBuiltinModule("node:fs");
  const apply = ${applyBatch.toString()};
  parentPort.on("message", (batch) => parentPort.postMessage(apply(fs, workerData, batch)));`;

/** So many batches may wait for the worker. */
const longestQueue = 3;

/**
 * Applies batches in their order, in a worker thread that blocks so that the daemon's own thread does not.
 *
 * Measured (a whole extraction of 100 000 files of 2.2 KB on tmpfs, two busy cores): with 4 asynchronous calls a file 23 s of
 * CPU, most of it for waking pool threads; with blocking calls in one worker 5.
 */
export class BatchRunner {
  readonly #settings: BatchSettings;
  #worker: Worker | undefined;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;
  #failure: { readonly error: unknown } | undefined;
  #room = Promise.withResolvers<void>();

  constructor(settings: BatchSettings) {
    this.#settings = settings;
  }

  /** Hands a batch over; waits only while too many are under way. Throws what an earlier batch failed with. */
  async add(batch: TreeBatch): Promise<void> {
    while (this.#waiting >= longestQueue) await this.#room.promise;
    this.#throwFailure();
    this.#waiting += 1;
    this.#last = this.#last.then(() => this.#apply(batch));
  }

  /**
   * Applies a batch and waits for it and all before it. While no worker was needed yet it is applied by this thread: a batch
   * is small, and starting a worker takes longer.
   */
  async flush(batch: TreeBatch): Promise<void> {
    if (this.#worker !== undefined || this.#waiting > 0) await this.add(batch);
    else this.#applyHere(batch);
    await this.settle();
  }

  /** Waits for everything under way; throws the first failure. */
  async settle(): Promise<void> {
    await this.#last;
    this.#throwFailure();
  }

  /** Ends the worker. To be called in any case, after {@link BatchRunner.settle}. */
  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  /** Never rejects. After a failure nothing more is written. */
  async #apply(batch: TreeBatch): Promise<void> {
    try {
      if (this.#failure === undefined) await this.#applyInWorker(batch);
    } catch (error) {
      this.#failure = { error };
    }
    this.#waiting -= 1;
    this.#room.resolve();
    this.#room = Promise.withResolvers();
  }

  async #applyInWorker(batch: TreeBatch): Promise<void> {
    this.#worker ??= new Worker(workerSource, { eval: true, workerData: this.#settings });
    const answer = once(this.#worker, "message") as Promise<[BatchFailure | undefined]>;
    this.#worker.postMessage(batch, [batch.content.buffer as ArrayBuffer]);
    const [failure] = await answer;
    if (failure !== undefined) throw errorOf(failure);
  }

  #applyHere(batch: TreeBatch): void {
    const failure = applyBatch(fs, this.#settings, batch);
    if (failure !== undefined) throw errorOf(failure);
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}

/** Names within our limits may still be too long for the file system (with the target's own path before them). */
export function errorOf({ path, code, message }: BatchFailure): Error {
  if (code === "ENAMETOOLONG") return refuseEntry(path, "has a name that is too long for the file system");
  return Object.assign(new Error(message), { code });
}

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
 * Measured (100 000 files of 2.2 KB on tmpfs, two busy cores): 4 asynchronous calls a file cost 23 s of CPU, most of it for
 * waking pool threads; blocking calls in one worker 4.
 */
export class BatchRunner {
  readonly #settings: BatchSettings;
  #worker: Worker | undefined;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;
  #room = Promise.withResolvers<void>();

  constructor(settings: BatchSettings) {
    this.#settings = settings;
  }

  /** Hands a batch over; waits only while too many are under way. Throws what an earlier batch failed with. */
  async add(batch: TreeBatch): Promise<void> {
    while (this.#waiting >= longestQueue) await this.#room.promise;
    this.#waiting += 1;
    // After a failure nothing more is written: the rejection passes through the chain.
    this.#last = this.#last.then(() => this.#apply(batch)).finally(() => this.#leave());
    this.#last.catch(() => {});
    if (this.#waiting === longestQueue) await Promise.race([this.#last, this.#room.promise]);
  }

  /** Applies a last small batch without a worker when there is none yet: starting one would take longer. */
  async addLast(batch: TreeBatch): Promise<void> {
    if (this.#worker !== undefined) return await this.add(batch);
    const failure = applyBatch(fs, this.#settings, batch);
    if (failure !== undefined) throw errorOf(failure);
  }

  /** Waits for everything under way; throws the first failure. */
  async settle(): Promise<void> {
    await this.#last;
  }

  /** Ends the worker. To be called in any case, after {@link BatchRunner.settle}. */
  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  async #apply(batch: TreeBatch): Promise<void> {
    this.#worker ??= new Worker(workerSource, { eval: true, workerData: this.#settings });
    const answer = once(this.#worker, "message") as Promise<[BatchFailure | undefined]>;
    this.#worker.postMessage(batch, [batch.content.buffer as ArrayBuffer]);
    const [failure] = await answer;
    if (failure !== undefined) throw errorOf(failure);
  }

  #leave(): void {
    this.#waiting -= 1;
    this.#room.resolve();
    this.#room = Promise.withResolvers();
  }
}

/** Names within our limits may still be too long for the file system (with the target's own path before them). */
export function errorOf({ path, code, message }: BatchFailure): Error {
  if (code === "ENAMETOOLONG") return refuseEntry(path, "has a name that is too long for the file system");
  return Object.assign(new Error(message), { code });
}

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Fault, FuzzReport } from "./fuzz-report.ts";
import type { FuzzTarget } from "./fuzz-target.ts";
import { InputBoard } from "./input-board.ts";
import type { WorkerOrder } from "./worker.ts";

const defaultDeadlineMs = 10_000;
/** Until the first input: the thread is made and loads the target, which takes seconds on a busy machine. */
const loadingMs = 120_000;
const defaultHeapMiB = 768;

export type FuzzOptions = Pick<WorkerOrder, "corpus" | "seed" | "rounds"> & {
  /** Return what is left of the corpus when nothing stands in it twice. Default: false. */
  readonly minimise?: boolean;
  /** So long may one input take, in milliseconds. Default: 10 s. */
  readonly deadlineMs?: number;
  /** So large may the heap become. Default: 768 MiB. */
  readonly heapMiB?: number;
};

/**
 * Fuzzes the target that `module` exports, in a thread with a limited heap that ends when an input takes too long.
 *
 * @param module its address
 */
export async function fuzzTargetInWorker(module: URL, options: FuzzOptions): Promise<FuzzReport> {
  const { target } = (await import(module.href)) as { target: FuzzTarget };
  const scratch = await mkdtemp(join(tmpdir(), "fuzz-"));
  const board = InputBoard.make();
  const { corpus, seed, rounds, minimise = false, deadlineMs = defaultDeadlineMs, heapMiB = defaultHeapMiB } = options;
  const order: WorkerOrder = { module: module.href, covers: target.covers, board: board.memory, corpus, seed, rounds, scratch, minimise };
  const worker = new Worker(new URL("worker.ts", import.meta.url), {
    workerData: order,
    resourceLimits: { maxOldGenerationSizeMb: heapMiB },
  });
  try {
    return await watched(worker, board, deadlineMs);
  } finally {
    await worker.terminate();
    await rm(scratch, { recursive: true, force: true });
  }
}

function watched(worker: Worker, board: InputBoard, deadlineMs: number): Promise<FuzzReport> {
  return new Promise((resolve) => {
    const fail = (kind: Fault["kind"], text: string) => resolve(failed(board, { kind, text, input: board.input.toString("base64") }));
    let count = -1;
    let since = Date.now();
    const clock = setInterval(() => {
      if (board.count !== count) {
        count = board.count;
        since = Date.now();
        return;
      }
      const most = count === 0 ? Math.max(loadingMs, deadlineMs) : deadlineMs;
      if (Date.now() - since > most) fail("hang", `no answer within ${most} ms`);
    }, 100);
    worker.once("message", (report: FuzzReport) => resolve(report));
    worker.once("error", (error: NodeJS.ErrnoException) => {
      fail(error.code === "ERR_WORKER_OUT_OF_MEMORY" ? "memory" : "crash", String(error.stack ?? error));
    });
    worker.once("exit", (code) => {
      clearInterval(clock);
      fail("crash", `the thread ended with ${code}`);
    });
  });
}

function failed(board: InputBoard, fault: Fault): FuzzReport {
  return {
    inputs: board.count,
    taken: 0,
    refused: board.count,
    corpus: [],
    reached: 0,
    blind: [],
    slowestMs: 0,
    heapMiB: 0,
    faults: [fault],
  };
}

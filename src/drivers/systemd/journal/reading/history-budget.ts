import type { StreamedProcess } from "../../../../exec/stream-process.ts";
import { limited } from "../../limited.ts";

/** So many journalctl read history at the same time; more would only take the processors from each other. */
const processesAtOnce = 4;
/** What all readers of history hold together, in bytes of `itemSize`, as long as each gets the least. */
const heldBytes = 24 * 1024 * 1024;
/** What one of them holds: some 4000 lines, and some 180. */
const pieceBytes = { most: 3 * 1024 * 1024, least: 128 * 1024 };

/** What all who read history on a host share: few processes at once, and memory that does not grow with the readers. */
export class HistoryBudget {
  readonly #inTurn = limited(processesAtOnce);
  #readers = 0;

  /** How much the next piece of a reader may be, in bytes of `itemSize`. */
  get pieceBytes(): number {
    return Math.max(pieceBytes.least, Math.min(pieceBytes.most, heldBytes / Math.max(1, this.#readers)));
  }

  /**
   * Reads with a process of its own when it is its turn, which is over when the process has ended. It is stopped when `signal`
   * aborts, whether or not it has printed anything.
   *
   * @throws what `start` and `read` throw; the reason of `signal` when it has aborted
   */
  read<T>(signal: AbortSignal, start: () => Promise<StreamedProcess>, read: (process: StreamedProcess) => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      signal.throwIfAborted();
      const process = await start();
      const stop = () => process.stop();
      signal.addEventListener("abort", stop, { once: true });
      if (signal.aborted) stop();
      try {
        const result = await read(process);
        signal.throwIfAborted(); // it was cut off
        return result;
      } finally {
        signal.removeEventListener("abort", stop);
        stop();
        await process.ended.catch(() => {}); // `read` has told
      }
    });
  }

  /** A reader begins. @returns what ends that */
  enter(): () => void {
    this.#readers += 1;
    return () => {
      this.#readers -= 1;
    };
  }
}

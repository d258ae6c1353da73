import { orAborted } from "../../../../host/or-aborted.ts";
import { isAtLeast, type LogPosition } from "../feed/log-position.ts";
import type { HistoryPiece, HistoryRange } from "./history.ts";

/** Reads the first piece of a range; rejects when nobody wants it any more. */
export type PieceReader = (range: HistoryRange, invocationId: string | undefined, signal: AbortSignal) => Promise<HistoryPiece>;

/** A piece that is being read, up to `until` at the most, for so many. */
type SharedPiece = {
  readonly until: LogPosition;
  readonly piece: Promise<HistoryPiece>;
  readonly abandon: AbortController;
  readers: number;
};

/**
 * The pieces of one log that are being read at the moment. Readers at the same place, as after a restart of the daemon,
 * share one process. Nothing is kept when it has been read.
 */
export class SharedPieces {
  readonly #read: PieceReader;
  readonly #pieces = new Map<string, SharedPiece>();

  constructor(read: PieceReader) {
    this.#read = read;
  }

  /**
   * The first piece of a range, or of a shorter one that another reads.
   *
   * @throws HostError HELPER_FAILED; at once, the reason of `signal` when it aborts
   */
  async read(range: HistoryRange, invocationId: string | undefined, signal: AbortSignal): Promise<HistoryPiece> {
    const key = `${range.from.cursor.text} ${range.from.event} ${invocationId}`;
    const known = this.#pieces.get(key);
    const shared = known !== undefined && isAtLeast(range.until, known.until) ? known : this.#begin(key, range, invocationId);
    shared.readers += 1;
    try {
      return await orAborted(shared.piece, signal);
    } finally {
      shared.readers -= 1;
      if (shared.readers === 0) this.#end(key, shared);
    }
  }

  #begin(key: string, range: HistoryRange, invocationId: string | undefined): SharedPiece {
    const abandon = new AbortController();
    const piece = this.#read(range, invocationId, abandon.signal);
    const shared = { until: range.until, piece, abandon, readers: 0 };
    this.#pieces.set(key, shared);
    const forget = () => this.#forget(key, shared);
    piece.then(forget, forget);
    return shared;
  }

  #end(key: string, shared: SharedPiece): void {
    this.#forget(key, shared);
    shared.abandon.abort();
  }

  #forget(key: string, shared: SharedPiece): void {
    if (this.#pieces.get(key) === shared) this.#pieces.delete(key);
  }
}

import { batchLimits, type LogEntry, type LogPiece, textSize } from "../../../../domain/log-entry.ts";

/** Entries that are told together: few, because a reader that stalls holds a batch. */
export class Batch {
  #entries: LogEntry[] = [];
  #bytes = 0;

  hasRoom(entry: LogEntry): boolean {
    if (this.#entries.length === 0) return true;
    return this.#entries.length < batchLimits.entries && this.#bytes + textSize(entry) <= batchLimits.bytes;
  }

  add(entry: LogEntry): void {
    this.#entries.push(entry);
    this.#bytes += textSize(entry);
  }

  /** What has been added, if anything has; the batch is empty then. @param isLatest whether nothing is behind it */
  *take(isLatest = false): Generator<LogPiece> {
    const entries = this.#entries;
    this.#entries = [];
    this.#bytes = 0;
    if (entries.length > 0) yield { type: "batch", entries, isLatest };
  }
}

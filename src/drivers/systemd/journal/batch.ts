import type { LogEntry, LogPiece } from "../../../domain/log-entry.ts";
import { textSize } from "./entry-ring.ts";

/** The port's limit of entries; and ours of their text, in bytes: a reader that stalls holds a batch. */
export const batchLimits = { entries: 256, bytes: 256 * 1024 };

/** Entries that are told together. One always fits. */
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

  /** What has been added, if anything has; the batch is empty then. */
  *take(): Generator<LogPiece> {
    const entries = this.#entries;
    this.#entries = [];
    this.#bytes = 0;
    if (entries.length > 0) yield { type: "batch", entries };
  }
}

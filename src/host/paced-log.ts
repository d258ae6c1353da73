import { batchLimits, type LogEntry, type LogPiece, textSize } from "../domain/log-entry.ts";
import { PatientReader } from "./patient-reader.ts";

/** So long, in milliseconds, what follows a batch is gathered: a game that prints line by line costs 50 messages a second. */
const windowMs = 20;

/**
 * The pieces of a log, batches gathered: the first at once, then one every 20 ms, or as soon as it has 256 entries or
 * 256 KiB. And a heartbeat whenever nothing came for so many seconds.
 */
export async function* pacedLog(pieces: AsyncGenerator<LogPiece>, heartbeatSeconds: number): AsyncGenerator<LogPiece | "heartbeat"> {
  const source = new PatientReader(pieces);
  const gathered = new GatheredBatch();
  try {
    for (;;) {
      const result = await source.next(gathered.isEmpty ? heartbeatSeconds * 1000 : gathered.dueInMs);
      if (result === undefined && gathered.isEmpty) yield "heartbeat";
      const piece = result?.value;
      if (piece?.type === "batch") gathered.add(piece.entries);
      if (piece?.type !== "batch" || gathered.isDue) yield* gathered.take();
      if (piece?.type === "gap") yield piece;
      if (result?.done === true) return;
    }
  } catch (error) {
    yield* gathered.take();
    throw error;
  } finally {
    source.stop();
  }
}

/** What has come since the last batch was told. */
class GatheredBatch {
  #entries: LogEntry[] = [];
  #bytes = 0;
  /** By `performance.now()`. */
  #dueAt = 0;

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }
  get dueInMs(): number {
    return Math.max(0, this.#dueAt - performance.now());
  }
  get isDue(): boolean {
    return this.#entries.length >= batchLimits.entries || this.#bytes >= batchLimits.bytes || this.dueInMs === 0;
  }

  add(entries: readonly LogEntry[]): void {
    for (const entry of entries) {
      this.#entries.push(entry);
      this.#bytes += textSize(entry);
    }
  }

  /** Tells what has been added, if anything has. */
  *take(): Generator<LogPiece> {
    if (this.isEmpty) return;
    const entries = this.#entries;
    this.#entries = [];
    this.#bytes = 0;
    this.#dueAt = performance.now() + windowMs;
    yield { type: "batch", entries };
  }
}

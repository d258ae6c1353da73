import { batchLimits, type LogEntry, type LogPiece, textSize } from "../domain/log-entry.ts";
import { PatientReader } from "./patient-reader.ts";

/** So long, in milliseconds, what follows a batch is gathered: a game that prints line by line costs 50 messages a second. */
const shortestWindowMs = 20;
/** Delay is worse than the cost of a message from here on. */
const longestWindowMs = 250;
/** All streams together: a message costs the daemon up to 0.15 ms of processor time. */
const messagesASecond = 4000;

/** Paces the logs that a host tells: the more of them are open, the more their batches gather. */
export class LogPacer {
  #streams = 0;

  /** How long a batch gathers at present, in milliseconds: 20 up to 80 open logs, then more with each, 250 at the most. */
  get windowMs(): number {
    return Math.min(longestWindowMs, Math.max(shortestWindowMs, (this.#streams / messagesASecond) * 1000));
  }

  /**
   * The pieces of a log, batches gathered: the first at once, then one every {@link windowMs}, or as soon as it has 256
   * entries or 256 KiB. And a heartbeat whenever nothing came for so many seconds.
   *
   * @param signal aborts when the reader has left; the log itself is ended by whoever made it
   */
  async *pace(pieces: AsyncGenerator<LogPiece>, heartbeatSeconds: number, signal: AbortSignal): AsyncGenerator<LogPiece | "heartbeat"> {
    const leave = this.#enter(signal);
    try {
      yield* gathered(pieces, heartbeatSeconds, this);
    } finally {
      leave();
    }
  }

  /** Counts a stream until it leaves or `signal` aborts: nobody resumes one whose client vanished during a write. */
  #enter(signal: AbortSignal): () => void {
    if (signal.aborted) return () => {};
    this.#streams += 1;
    const leave = () => {
      if (!counted) return;
      counted = false;
      this.#streams -= 1;
      signal.removeEventListener("abort", leave);
    };
    let counted = true;
    signal.addEventListener("abort", leave);
    return leave;
  }
}

async function* gathered(
  pieces: AsyncGenerator<LogPiece>,
  heartbeatSeconds: number,
  pacer: LogPacer,
): AsyncGenerator<LogPiece | "heartbeat"> {
  const source = new PatientReader(pieces);
  const batch = new GatheredBatch(pacer);
  try {
    for (;;) {
      const result = await source.next(batch.isEmpty ? heartbeatSeconds * 1000 : batch.dueInMs);
      if (result === undefined && batch.isEmpty) yield "heartbeat";
      const piece = result?.value;
      if (piece?.type === "batch") batch.add(piece.entries);
      if (piece?.type !== "batch" || batch.isDue) yield* batch.take();
      if (piece?.type === "gap") yield piece;
      if (result?.done === true) return;
    }
  } catch (error) {
    yield* batch.take();
    throw error;
  } finally {
    source.stop();
  }
}

/** What has come since the last batch was told. */
class GatheredBatch {
  readonly #pacer: LogPacer;
  #entries: LogEntry[] = [];
  #bytes = 0;
  /** By `performance.now()`. */
  #dueAt = 0;

  constructor(pacer: LogPacer) {
    this.#pacer = pacer;
  }

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
    this.#dueAt = performance.now() + this.#pacer.windowMs;
    yield { type: "batch", entries };
  }
}

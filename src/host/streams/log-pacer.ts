import { batchLimits, type LogEntry, type LogPiece, textSize } from "../../domain/log-entry.ts";
import { PatientReader } from "./patient-reader.ts";
import { RestGroup } from "./rest-group.ts";

/** So long, in milliseconds, what follows a batch is gathered: a game that prints line by line costs 50 messages a second. */
const shortestWindowMs = 20;
/** Delay is worse than the cost of a message from here on. */
const longestWindowMs = 125;
/** All streams together: a message costs the daemon up to 0.18 ms of processor time. */
const messagesASecond = 4000;
/** So many readers rest together: enough to share what a line costs, too few to wait long for one another. */
const groupSize = 32;

/**
 * Paces the logs that a host tells: the more readers keep up, the more their batches gather.
 *
 * A reader that has told the latest rests: lines do not wake it, they gather in the driver. (The systemd driver keeps 8192 of a log,
 * or 8 MiB: in the longest window so much comes from a game that prints 65 000 lines or 67 MB a second, about what journald takes.)
 */
export class LogPacer {
  /** Streams that wait for something to tell: neither those of stalled clients, nor those whose client has vanished. */
  #waiting = 0;
  /** So many streams there have been. */
  #opened = 0;
  readonly #groups = new Map<number, RestGroup>();

  /** How long a batch gathers at present, in milliseconds: 20 up to 80 such streams, then more with each, 125 at the most. */
  get windowMs(): number {
    return Math.min(longestWindowMs, Math.max(shortestWindowMs, (this.#waiting / messagesASecond) * 1000));
  }

  /**
   * The pieces of a log, batches gathered: the first at once, then one every {@link windowMs}, or as soon as it has 256
   * entries or 256 KiB. And a heartbeat whenever nothing came for so many seconds.
   *
   * @param until ends a rest when it aborts; the log itself ends then by its own
   */
  async *pace(pieces: AsyncGenerator<LogPiece>, heartbeatSeconds: number, until: AbortSignal): AsyncGenerator<LogPiece | "heartbeat"> {
    const number = Math.floor(this.#opened++ / groupSize);
    const group = this.#groups.get(number) ?? new RestGroup(number);
    this.#groups.set(number, group);
    group.readers += 1;
    const source = this.#gathered(pieces, heartbeatSeconds, () => group.rest(this.windowMs, until));
    try {
      for (let next = await this.#next(source); next.done !== true; next = await this.#next(source)) yield next.value;
    } finally {
      group.readers -= 1;
      if (group.readers === 0) this.#groups.delete(number);
      await source.return(undefined);
    }
  }

  async *#gathered(
    pieces: AsyncGenerator<LogPiece>,
    heartbeatSeconds: number,
    rest: () => Promise<unknown>,
  ): AsyncGenerator<LogPiece | "heartbeat"> {
    const source = new PatientReader(pieces);
    const batch = new GatheredBatch(this);
    try {
      for (;;) {
        const result = await source.next(batch.isEmpty ? heartbeatSeconds * 1000 : batch.dueInMs);
        if (result === undefined && batch.isEmpty) yield "heartbeat";
        const piece = result?.value;
        const isLatest = piece?.type === "batch" && piece.isLatest === true;
        if (piece?.type === "batch") batch.add(piece.entries);
        if (piece?.type !== "batch" || isLatest || batch.isDue) yield* batch.take();
        if (piece?.type === "gap") yield piece;
        if (result?.done === true) return;
        if (isLatest) await rest();
      }
    } catch (error) {
      yield* batch.take();
      throw error;
    } finally {
      source.stop();
    }
  }

  async #next<T>(source: AsyncGenerator<T>): Promise<IteratorResult<T>> {
    this.#waiting += 1;
    try {
      return await source.next();
    } finally {
      this.#waiting -= 1;
    }
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

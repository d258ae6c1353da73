import { setTimeout as sleep } from "node:timers/promises";
import type { LogGapReason } from "../../../../domain/log-entry.ts";
import type { StreamedProcess } from "../../../../exec/stream-process.ts";
import { Waiters } from "../../../../host/streams/waiters.ts";
import { type EntrySink, ExportParser } from "./export-parser.ts";
import { comparePoints, type JournalCursor, type JournalPoint, momentCursor } from "./journal-point.ts";
import type { JournalSource } from "./journal-source.ts";

/** Whom a follower tells. */
export type FollowerEvents = {
  readonly entry: EntrySink;
  /** Entries before `next` are lost. */
  hole(next: JournalCursor, reason: LogGapReason): void;
  /** Whether no entry ever had the numbers that are missing between two. */
  isSkipped(before: JournalCursor, next: JournalCursor): boolean;
  /** Whether an entry is the one before it once more. */
  isRepeated(before: JournalCursor, next: JournalCursor): boolean;
  /** Whether journald has taken an entry since the boot. */
  hasBegun(): boolean;
  /** A chunk is done. */
  chunkEnd(): void;
  log(message: string): void;
};

const firstDelayMs = 50;
const longestDelayMs = 5000;
/** How long the first entry, the present end of the journal, may take; then there is none. */
const firstEntryMs = 10_000;
/** How often an empty journal is looked at. */
const emptyMs = 10;

/**
 * Follows the whole namespace with one journalctl, for ever: when that ends it is started again behind the last entry
 * seen. Each entry is told once, in order. Nothing is selected, so that the entries' numbers have no holes: where one is,
 * journalctl was too late for what journald has dropped.
 */
export class JournalFollower {
  readonly #source: JournalSource;
  readonly #events: FollowerEvents;
  readonly #closing = new AbortController();
  /** For the next chunk. */
  readonly #waiters = new Waiters();
  #last: JournalCursor | undefined;
  #isOpen = false;
  #process: StreamedProcess | undefined;
  #loop: Promise<void> | undefined;

  constructor(source: JournalSource, events: FollowerEvents) {
    this.#source = source;
    this.#events = events;
  }

  /** Everything up to here has been told; history is what is not behind it. */
  get last(): JournalCursor {
    return this.#last ?? momentCursor(1);
  }

  /**
   * Resolves when it knows where the journal ends.
   *
   * @param isEmpty whether there is nothing in it yet
   * @throws HostError HELPER_FAILED when journalctl cannot be started
   */
  async open(isEmpty: boolean): Promise<void> {
    if (!isEmpty) {
      this.#process = await this.#source.follow(undefined);
      this.#loop = this.#followOn(this.#process);
      await Promise.race([this.reach(momentCursor(1), firstEntryMs), this.#process.ended]).catch(async (error: unknown) => {
        await this.close();
        throw error;
      });
    }
    this.#isOpen = true;
    if (this.#last !== undefined) return;
    this.#process?.stop();
    this.#loop ??= this.#followOn(undefined);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#process?.stop();
    await this.#loop;
  }

  /**
   * Resolves when everything up to a point has been told.
   *
   * @param restlessMs gives up when so long nothing at all has come
   * @returns false when it gave up
   */
  async reach(point: JournalPoint, restlessMs: number): Promise<boolean> {
    while (this.#last === undefined || comparePoints(this.#last, point) < 0) {
      if (!(await this.#waiters.wait(this.#closing.signal, restlessMs))) return false;
    }
    return true;
  }

  async #followOn(first: StreamedProcess | undefined): Promise<void> {
    let process = first;
    let delayMs = firstDelayMs;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const before = this.#last;
      await this.#consume(process).catch((error: unknown) => {
        if (!signal.aborted) this.#events.log(`the journal cannot be followed at present: ${error}`);
      });
      delayMs = this.#last === before ? Math.min(2 * delayMs, longestDelayMs) : firstDelayMs;
      await this.#pause(delayMs);
      // journalctl would miss the first entries of a journal that begins while it looks.
      while (this.#last === undefined && !this.#events.hasBegun() && !signal.aborted) await this.#pause(emptyMs);
      if (signal.aborted) return;
      process = await this.#source.follow(this.last).catch((error: unknown) => {
        this.#events.log(`the journal cannot be followed at present: ${error}`);
        return undefined;
      });
    }
    process?.stop();
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#closing.signal }).catch(() => {});
  }

  async #consume(process: StreamedProcess | undefined): Promise<void> {
    if (process === undefined) return;
    this.#process = process;
    const parser = new ExportParser((cursor, unit, line) => this.#take(cursor, unit, line));
    try {
      for await (const chunk of process.output) {
        parser.push(chunk);
        this.#events.chunkEnd();
        this.#waiters.wake();
      }
    } finally {
      process.stop();
    }
    await process.ended;
  }

  #take(...[cursor, unit, line]: Parameters<EntrySink>): void {
    const before = this.#last;
    // A cursor that is gone makes journalctl begin at the start.
    if (before !== undefined && comparePoints(cursor, before) <= 0) return;
    if (before !== undefined) this.#checkHole(before, cursor);
    this.#last = cursor;
    if (before !== undefined && this.#events.isRepeated(before, cursor)) return;
    if (this.#isOpen) this.#events.entry(cursor, unit, line);
  }

  #checkHole(before: JournalCursor, next: JournalCursor): void {
    if (before.sequenceId !== next.sequenceId) this.#events.hole(next, "STORAGE_LOST");
    else if (next.sequence > before.sequence + 1 && !this.#events.isSkipped(before, next)) this.#events.hole(next, "TRIMMED");
  }
}

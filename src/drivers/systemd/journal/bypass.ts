import type { StreamedProcess } from "../../../exec/stream-process.ts";
import type { InstanceFeed } from "./feed/instance-feed.ts";
import { type EntrySink, ExportParser } from "./source/export-parser.ts";
import type { JournalCursor } from "./source/journal-point.ts";

/** What a bypass is made of. */
export type BypassMeans = {
  /** The entries of these instances alone, behind a cursor, and then what comes. */
  follow(names: readonly string[], after: JournalCursor): Promise<StreamedProcess>;
  /** How many entries journald has taken that the follower of all has not told; 0 where that cannot be known. */
  behind(): number;
  /** The last entry that the follower of all has told. */
  last(): JournalCursor;
  /** The instances that somebody follows. */
  followed(): readonly InstanceFeed[];
  isRepeated(before: JournalCursor, next: JournalCursor): boolean;
  /** Takes an entry, which the follower of all tells once more. */
  readonly entry: EntrySink;
  /** A chunk is done. */
  chunkEnd(): void;
  log(message: string): void;
};

/** How often it is looked whether one is needed, in milliseconds. */
const lookMs = 20;
/** So many entries behind is too late: a busy machine needs 50 ms for them. */
const mostBehind = 1000;
/** Floods come in waves: so long it is kept, and who floods is left out of it, in milliseconds. */
const waveMs = 3000;
/** So long it stays as it is, and nothing is tried after a failure, in milliseconds. */
const steadyMs = 500;
/** Who prints more than so many lines between two looks floods. */
const quietLines = 50;

/**
 * A second journalctl for the games that print little and are followed, while one that floods keeps the follower of all busy:
 * the journal's index leads past the flood. Its lines come in the same order, only earlier; the feeds drop them when they come
 * again. What keeps the promises (numbers without a hole, the places of ends) is the follower of all alone.
 */
export class Bypass {
  readonly #means: BypassMeans;
  /** What had been received of each at the last look, and until when it counts as a flood. */
  readonly #seen = new WeakMap<InstanceFeed, { readonly received: number; readonly loudUntil: number }>();
  #holders = 0;
  #timer: NodeJS.Timeout | undefined;
  #names: readonly string[] = [];
  #process: StreamedProcess | undefined;
  #neededAt = 0;
  #changedAt = Number.NEGATIVE_INFINITY;
  #isStarting = false;

  constructor(means: BypassMeans) {
    this.#means = means;
  }

  /** Begins to look. @returns what ends it */
  hold(): () => void {
    this.#holders += 1;
    if (this.#holders === 1) this.#timer = setInterval(() => void this.#look(), lookMs).unref();
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#holders -= 1;
      if (this.#holders === 0) this.close();
    };
  }

  close(): void {
    clearInterval(this.#timer);
    this.#stop();
  }

  async #look(): Promise<void> {
    const now = performance.now();
    const quiet = this.#means.followed().filter((feed) => this.#isQuiet(feed, now));
    if (this.#means.behind() > mostBehind) this.#neededAt = now;
    else if (now - this.#neededAt > waveMs) return this.#stop();
    else return;
    const names = quiet.map(({ identity }) => identity.name).sort();
    if (this.#isStarting || now - this.#changedAt < steadyMs || names.join() === this.#names.join()) return;
    this.#stop();
    if (names.length === 0) return;
    this.#isStarting = true;
    this.#changedAt = now;
    await this.#follow(names).catch((error: unknown) => this.#hasFailed(error));
    this.#isStarting = false;
  }

  #isQuiet(feed: InstanceFeed, now: number): boolean {
    const { received } = feed;
    const before = this.#seen.get(feed) ?? { received, loudUntil: 0 };
    const loudUntil = received - before.received > quietLines ? now + waveMs : before.loudUntil;
    this.#seen.set(feed, { received, loudUntil });
    return now >= loudUntil;
  }

  async #follow(names: readonly string[]): Promise<void> {
    const process = await this.#means.follow(names, this.#means.last());
    if (this.#holders === 0) return process.stop();
    this.#names = names;
    this.#process = process;
    void this.#consume(process).catch((error: unknown) => this.#hasFailed(error));
  }

  async #consume(process: StreamedProcess): Promise<void> {
    let before = this.#means.last();
    const parser = new ExportParser((cursor, unit, line) => {
      const isAgain = this.#means.isRepeated(before, cursor);
      before = cursor;
      if (!isAgain && this.#process === process) this.#means.entry(cursor, unit, line);
    });
    try {
      for await (const chunk of process.output) {
        parser.push(chunk);
        this.#means.chunkEnd();
      }
      if (this.#process !== process) return;
      await process.ended;
      throw new Error("journalctl has ended");
    } finally {
      process.stop();
      if (this.#process === process) this.#stop();
    }
  }

  #hasFailed(error: unknown): void {
    this.#changedAt = performance.now();
    this.#means.log(`quiet games wait for one that floods: ${error}`);
  }

  #stop(): void {
    this.#process?.stop();
    this.#process = undefined;
    this.#names = [];
  }
}

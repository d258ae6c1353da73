import type { RingItem } from "./entry-ring.ts";
import { type HistoryRange, readHistory } from "./history.ts";
import type { InstanceFeed } from "./instance-feed.ts";
import type { JournalSource } from "./journal-source.ts";
import { type LogPosition, logBeginning } from "./log-position.ts";

/** Entries beyond those wanted: the first may be the end of a line that began before. */
const context = 2;

/** The end of a log, read from the journal. */
export type Tail = {
  /** The position before the first item; everything from there on is here. */
  readonly before: LogPosition;
  readonly items: readonly RingItem[];
};

/** Reads parts of an instance's log, as they are stored. */
export class LogReading {
  readonly #feed: InstanceFeed;
  readonly #source: JournalSource;

  constructor(feed: InstanceFeed, source: JournalSource) {
    this.#feed = feed;
    this.#source = source;
  }

  /** @param invocationId tells the source that only this one is wanted; the reader selects all the same */
  async *range(range: HistoryRange, invocationId?: string): AsyncGenerator<readonly RingItem[]> {
    const { identity, events } = this.#feed;
    yield* readHistory(await this.#source.after(identity.name, range.from.cursor, invocationId), identity, events, range);
  }

  /** At most the last so many items up to a position; undefined when too many lines have come behind it. */
  async tail(most: number, until: LogPosition): Promise<Tail | undefined> {
    let items: RingItem[] = [];
    let before = logBeginning;
    const { isWhole } = await this.#last(most + context, until, (item) => {
      items.push(item);
      if (items.length < 2 * most) return;
      before = items[most - 1]?.position ?? before;
      items = items.slice(most);
    });
    // Events are older than the first line that was read, which may be the end of one that began before.
    const isCut = !isWhole && before === logBeginning;
    const first = isCut ? items.findIndex(isLine) + 1 : 0;
    if (isCut && first === 0) return undefined;
    const start = Math.max(first, items.length - most);
    return { before: items[start - 1]?.position ?? before, items: items.slice(start) };
  }

  /**
   * Finds a place of which more than `lines` entries follow up to `until`, or the beginning, and counts what follows. A line
   * in parts counts once. Costs no memory.
   */
  async countBack(lines: number, until: LogPosition): Promise<{ from: LogPosition; count: number }> {
    for (let asked = lines + context; ; asked *= 2) {
      let first: LogPosition | undefined;
      let [before, behind] = [0, 0];
      const { isWhole } = await this.#last(asked, until, (item) => {
        const counts = countsAsEntry(item) ? 1 : 0;
        if (first !== undefined) behind += counts;
        else before += counts;
        if (first === undefined && isLine(item)) first = item.position;
      });
      if (isWhole) return { from: logBeginning, count: before + behind };
      if (first !== undefined && behind > lines) return { from: first, count: behind };
    }
  }

  /** Tells the last so many entries, with the events before and between; whether that is the whole log. */
  async #last(entries: number, until: LogPosition, take: (item: RingItem) => void): Promise<{ isWhole: boolean }> {
    const { identity, events } = this.#feed;
    const process = await this.#source.last(identity.name, entries);
    const seen = { entries: 0, older: false };
    const range = { from: logBeginning, until };
    for await (const items of readHistory(process, identity, events, range, seen)) for (const item of items) take(item);
    return { isWhole: seen.entries < entries || seen.older };
  }
}

/** A part of a line counts with its last part. */
export function countsAsEntry(item: RingItem): boolean {
  return "entry" in item && !item.entry.partial;
}

function isLine(item: RingItem): boolean {
  return "entry" in item && item.entry.event === undefined;
}

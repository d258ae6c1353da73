import type { StreamedProcess } from "../../../../exec/stream-process.ts";
import { itemSize, type RingItem } from "../feed/entry-ring.ts";
import type { EventStore, StoredEvent } from "../feed/event-store.ts";
import type { FeedIdentity } from "../feed/instance-feed.ts";
import { LineJoiner, type WholeLine } from "../feed/line-joiner.ts";
import { eventEntry, lineEntry } from "../feed/log-entries.ts";
import type { LogPosition } from "../feed/log-position.ts";
import { ExportParser } from "../source/export-parser.ts";
import type { JournalLine } from "../source/journal-line.ts";
import { comparePoints, type JournalCursor } from "../source/journal-point.ts";

/** What part of a log: behind `from`, up to `until`. */
export type HistoryRange = { readonly from: LogPosition; readonly until: LogPosition };

/** A part of a range: all that is in the log between its beginning and `end`. */
export type HistoryPiece = { readonly items: readonly RingItem[]; readonly end: LogPosition };

/** What a reading has come across. */
export type HistorySeen = {
  /** Entries of the journal, all of them. */
  entries: number;
  /** Whether some were older than the instance. */
  older: boolean;
};

/** What the log of an instance is read with. */
export type HistoryMeans = {
  readonly identity: FeedIdentity;
  readonly events: EventStore;
  /** Whether an entry is the one before it once more. */
  readonly isRepeated: (before: JournalCursor, next: JournalCursor) => boolean;
};

/**
 * Reads a part of an instance's log from journalctl's output and merges the events, in chunks as they come. Yields what
 * the feed has told live, to the letter.
 *
 * @param seen counts what it comes across; then the output is read to its end
 * @throws HostError HELPER_FAILED
 */
export async function* readHistory(
  process: StreamedProcess,
  { identity, events, isRepeated }: HistoryMeans,
  { from, until }: HistoryRange,
  seen?: HistorySeen,
): AsyncGenerator<readonly RingItem[]> {
  const merge = new HistoryMerge(identity.uid, events, from, until);
  let before = from.cursor;
  const parser = new ExportParser((cursor, _unit, line) => {
    const isAgain = isRepeated(before, cursor);
    before = cursor;
    if (seen !== undefined) {
      seen.entries += 1;
      if (cursor.time < identity.since) seen.older = true;
    }
    const isOurs = cursor.time >= identity.since && comparePoints(cursor, from.cursor) > 0;
    if (isAgain) return;
    if (isOurs && comparePoints(cursor, until.cursor) <= 0) merge.addLine(line());
    else if (comparePoints(cursor, until.cursor) > 0) merge.isPast = true;
  });
  try {
    for await (const chunk of process.output) {
      parser.push(chunk);
      if (merge.items.length > 0) yield merge.take();
      if (merge.isPast && seen === undefined) break;
    }
    if (!merge.isPast || seen !== undefined) await process.ended;
  } finally {
    process.stop();
  }
  merge.end();
  if (merge.items.length > 0) yield merge.take();
}

/**
 * Takes items from a reading up to `until`, at most so many bytes of `itemSize` and a chunk. Where it ends a reader may
 * begin.
 *
 * @throws the reason of `signal` when it aborts
 */
export async function readPiece(
  reading: AsyncIterable<readonly RingItem[]>,
  until: LogPosition,
  mostBytes: number,
  signal: AbortSignal,
): Promise<HistoryPiece> {
  const items: RingItem[] = [];
  let bytes = 0;
  for await (const more of reading) {
    signal.throwIfAborted();
    for (const item of more) {
      items.push(item);
      bytes += itemSize(item);
    }
    if (bytes >= mostBytes) return { items, end: items.at(-1)?.position ?? until };
  }
  return { items, end: until };
}

/** Lines and events in their order. */
class HistoryMerge {
  isPast = false;
  items: RingItem[] = [];
  readonly #uid: string;
  readonly #events: readonly StoredEvent[];
  readonly #joiner = new LineJoiner();
  #next = 0;
  #position: LogPosition;
  /** The event before the next line. */
  #before: StoredEvent | undefined;

  constructor(uid: string, store: EventStore, from: LogPosition, until: LogPosition) {
    this.#uid = uid;
    this.#events = store.after(from.event).filter(({ number }) => number <= until.event);
    this.#position = from;
    this.#before = store.events.findLast(({ number }) => number <= from.event);
  }

  addLine(line: JournalLine): void {
    const event = this.#events[this.#next];
    if (event !== undefined && comparePoints(event.anchor, line.cursor) < 0) {
      this.#flush();
      this.#addEvents((anchor) => comparePoints(anchor, line.cursor) < 0);
    }
    for (const whole of this.#joiner.push(line)) this.#addWhole(whole);
  }

  end(): void {
    this.#flush();
    this.#addEvents(() => true);
  }

  take(): readonly RingItem[] {
    const { items } = this;
    this.items = [];
    return items;
  }

  #flush(): void {
    const rest = this.#joiner.flush();
    if (rest !== undefined) this.#addWhole(rest);
  }

  #addWhole(line: WholeLine): void {
    this.#position = { ...this.#position, cursor: line.cursor };
    this.items.push({ position: this.#position, entry: lineEntry(line, this.#position, this.#uid, this.#before) });
  }

  #addEvents(isDue: (anchor: StoredEvent["anchor"]) => boolean): void {
    for (let event = this.#events[this.#next]; event !== undefined && isDue(event.anchor); event = this.#events[this.#next]) {
      this.#next += 1;
      this.#before = event;
      this.#position = { cursor: event.anchor, event: event.number };
      this.items.push({ position: this.#position, entry: eventEntry(event, this.#uid) });
    }
  }
}

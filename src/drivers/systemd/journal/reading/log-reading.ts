import type { RingItem } from "../feed/entry-ring.ts";
import type { InstanceFeed } from "../feed/instance-feed.ts";
import { isAtLeast, type LogPosition, logBeginning } from "../feed/log-position.ts";
import type { JournalFiles, Loss } from "../source/journal-files.ts";
import { momentCursor } from "../source/journal-point.ts";
import type { JournalSource } from "../source/journal-source.ts";
import { type HistoryMeans, type HistoryPiece, type HistoryRange, readHistory, readPiece } from "./history.ts";
import type { HistoryBudget } from "./history-budget.ts";
import { SharedPieces } from "./shared-pieces.ts";

/** Entries beyond those wanted: the first may be the end of a line that began before. */
const context = 2;
/** For what is read to its end, whoever asked. */
const never = new AbortController().signal;

/** What history is read with. */
export type ReadingMeans = { readonly source: JournalSource; readonly files: JournalFiles; readonly budget: HistoryBudget };

/** The end of a log, read from the journal. */
export type Tail = {
  /** The position before the first item; everything from there on is here. */
  readonly before: LogPosition;
  readonly items: readonly RingItem[];
};

/** Reads parts of an instance's log, as they are stored. Between what it yields it holds no process. */
export class LogReading {
  readonly #feed: InstanceFeed;
  readonly #means: ReadingMeans;
  readonly #pieces = new SharedPieces((...piece) => this.#readPiece(...piece));

  constructor(feed: InstanceFeed, means: ReadingMeans) {
    this.#feed = feed;
    this.#means = means;
  }

  /**
   * Reads a range, in pieces, with a gap for what the journal no longer has.
   *
   * @param invocationId tells the source that only this one is wanted; the reader selects all the same
   * @throws HostError HELPER_FAILED; the reason of `signal` when it aborts
   */
  async *range({ from, until }: HistoryRange, signal: AbortSignal, invocationId?: string): AsyncGenerator<readonly RingItem[]> {
    const { budget, files } = this.#means;
    const leave = budget.enter();
    try {
      for (let position = from; !isAtLeast(position, until); ) {
        const { items, end } = await this.#pieces.read({ from: position, until }, invocationId, signal);
        // Asked afterwards, it tells also what was dropped before journalctl came to it.
        const loss = files.lossBehind(position.cursor);
        if (loss !== undefined) yield [gapBefore(items, position, loss)];
        if (items.length > 0) yield items;
        position = end;
      }
    } finally {
      leave();
    }
  }

  /** At most the last so many items up to a position; undefined when too many lines have come behind it. */
  tail(most: number, until: LogPosition): Promise<Tail | undefined> {
    return this.#means.files.whole(() => this.#tail(most, until));
  }

  async #tail(most: number, until: LogPosition): Promise<Tail | undefined> {
    let items: RingItem[] = [];
    let before = logBeginning;
    const { isWhole } = await this.#last(most + context, until, never, (item) => {
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
  async countBack(lines: number, until: LogPosition, signal: AbortSignal): Promise<{ from: LogPosition; count: number }> {
    for (let asked = lines + context; ; asked *= 2) {
      const { first, before, behind, isWhole } = await this.#means.files.whole(() => this.#count(asked, until, signal));
      if (isWhole) return { from: logBeginning, count: before + behind };
      if (first !== undefined && behind > lines) return { from: first, count: behind };
    }
  }

  /** Of the last so many entries: the first line, and what counts up to it and behind it. */
  async #count(asked: number, until: LogPosition, signal: AbortSignal) {
    let first: LogPosition | undefined;
    let [before, behind] = [0, 0];
    const { isWhole } = await this.#last(asked, until, signal, (item) => {
      const counts = countsAsEntry(item) ? 1 : 0;
      if (first !== undefined) behind += counts;
      else before += counts;
      if (first === undefined && isLine(item)) first = item.position;
    });
    return { first: first as LogPosition | undefined, before, behind, isWhole };
  }

  get #historyMeans(): HistoryMeans {
    const { identity, events } = this.#feed;
    return { identity, events, isRepeated: (before, next) => this.#means.files.isRepeated(before, next) };
  }

  #readPiece(range: HistoryRange, invocationId: string | undefined, signal: AbortSignal): Promise<HistoryPiece> {
    const { budget, files, source } = this.#means;
    const start = () => source.after(this.#feed.identity.name, range.from.cursor, invocationId);
    return files.whole(() =>
      budget.read(signal, start, (process) =>
        readPiece(readHistory(process, this.#historyMeans, range), range.until, budget.pieceBytes, signal),
      ),
    );
  }

  /** Tells the last so many entries, with the events before and between; whether that is the whole log. */
  #last(entries: number, until: LogPosition, signal: AbortSignal, take: (item: RingItem) => void): Promise<{ isWhole: boolean }> {
    const { budget, source } = this.#means;
    const start = () => source.last(this.#feed.identity.name, entries);
    return budget.read(signal, start, async (process) => {
      const seen = { entries: 0, older: false };
      const range = { from: logBeginning, until };
      for await (const items of readHistory(process, this.#historyMeans, range, seen)) {
        signal.throwIfAborted();
        for (const item of items) take(item);
      }
      return { isWhole: seen.entries < entries || seen.older };
    });
  }
}

/** A part of a line counts with its last part. */
export function countsAsEntry(item: RingItem): boolean {
  return "entry" in item && !item.entry.partial;
}

function isLine(item: RingItem): boolean {
  return "entry" in item && item.entry.event === undefined;
}

/** Before the first line that was read behind `from`: what is lost was older than all that is there. */
function gapBefore(items: readonly RingItem[], from: LogPosition, { reason, goesOnAt }: Loss): RingItem {
  const first = items.find(isLine)?.position.cursor.time ?? Number.POSITIVE_INFINITY;
  const cursor = momentCursor(Math.max(from.cursor.time, Math.min(goesOnAt.time, first - 1)));
  return { position: { cursor, event: from.event }, gap: reason };
}

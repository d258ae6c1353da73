import { batchLimits, type LogEntry, type LogPiece, type LogStart } from "../../../../domain/log-entry.ts";
import { type EntryRing, itemSize, type RingItem } from "../feed/entry-ring.ts";
import type { InstanceFeed } from "../feed/instance-feed.ts";
import { formatLogPosition, isAtLeast, type LogPosition } from "../feed/log-position.ts";
import type { JournalFiles } from "../source/journal-files.ts";
import { Batch } from "./batch.ts";
import type { LogReading } from "./log-reading.ts";
import { passedEvents } from "./passed-events.ts";
import { resumedPosition } from "./resumed-position.ts";
import { isSelected, type Selection, select } from "./selection.ts";

/** What a stream reads from. */
export type StreamSources = { readonly feed: InstanceFeed; readonly reading: LogReading; readonly files: JournalFiles };

/**
 * Yields an instance's log from `start` on, the port's `logs`: first what the journal has, then what the ring has, then
 * what comes. It holds a position and, once in the ring, a number.
 *
 * @throws HostError INVALID_CURSOR, INVOCATION_NOT_FOUND, HELPER_FAILED; the reason of `signal` while history is read
 */
export async function* streamLog(sources: StreamSources, start: LogStart, follow: boolean, signal: AbortSignal): AsyncGenerator<LogPiece> {
  const { feed, reading, files } = sources;
  const end = feed.ring.last;
  const selection = await select(feed, reading, start, end, signal);
  // An invocation that is over needs no following.
  const until = selection.until ?? (follow ? undefined : end);
  const pieces = new PieceMaker(selection, feed.identity.uid);
  let position = start.type === "position" ? resumedPosition(feed, files, selection.from, end) : selection.from;
  if (position !== selection.from) yield { type: "gap", reason: "STORAGE_LOST", position: formatLogPosition(position, feed.identity.uid) };
  const passed = start.type === "position" ? passedEvents(feed, position, end) : [];
  yield* pieces.of(passed);
  position = passed.at(-1)?.position ?? position;
  while (!isAtLeast(position, feed.ring.before)) {
    if (signal.aborted || (until !== undefined && isAtLeast(position, until))) return;
    const goal = until ?? feed.ring.last;
    for await (const items of reading.range({ from: position, until: goal }, signal)) yield* pieces.of(items);
    position = goal;
  }
  yield* streamRing(feed, pieces, position, until, signal);
}

/** From a position that the ring has to its end, and on. */
async function* streamRing(
  feed: InstanceFeed,
  pieces: PieceMaker,
  from: LogPosition,
  until: LogPosition | undefined,
  signal: AbortSignal,
): AsyncGenerator<LogPiece> {
  const { ring } = feed;
  let number = ring.numberBehind(from);
  const last = until === undefined ? Number.POSITIVE_INFINITY : ring.numberBehind(until);
  while (number < last && !signal.aborted) {
    if (number < ring.first) {
      // Told before the next await: the ring goes on while the reader rests.
      const lost = Math.min(ring.first, last) - number;
      number += lost;
      yield { type: "gap", lost, reason: "SLOW_CLIENT", position: formatLogPosition(ring.before, feed.identity.uid) };
      continue;
    }
    const items = itemsFrom(ring, number, last);
    number += items.length;
    if (items.length > 0) yield* pieces.of(items, number === ring.end && number < last);
    else if (feed.closed) return;
    else await feed.nextChange(signal);
  }
}

/** As many as make a batch: the reader may stall, and the ring drops them meanwhile. */
function itemsFrom(ring: EntryRing, first: number, end: number): readonly RingItem[] {
  const items: RingItem[] = [];
  let bytes = 0;
  for (let number = first; number < end && items.length < batchLimits.entries && bytes < batchLimits.bytes; number += 1) {
    const item = ring.at(number);
    if (item === undefined) break;
    items.push(item);
    bytes += itemSize(item);
  }
  return items;
}

/** Makes pieces of items: batches of what is selected, and gaps. */
class PieceMaker {
  readonly #selection: Selection;
  readonly #uid: string;
  #skip: number;

  constructor(selection: Selection, uid: string) {
    this.#selection = selection;
    this.#uid = uid;
    this.#skip = selection.skip;
  }

  /** @param isLatest whether nothing is behind the items */
  *of(items: readonly RingItem[], isLatest = false): Generator<LogPiece> {
    const batch = new Batch();
    for (const item of items) {
      if ("gap" in item) {
        yield* batch.take();
        yield { type: "gap", reason: item.gap, position: formatLogPosition(item.position, this.#uid) };
      } else if (isSelected(item.entry, this.#selection) && !this.#isSkipped(item.entry)) {
        if (!batch.hasRoom(item.entry)) yield* batch.take();
        batch.add(item.entry);
      }
    }
    yield* batch.take(isLatest);
  }

  /** The parts of a line go with its last one. */
  #isSkipped(entry: LogEntry): boolean {
    if (this.#skip === 0) return false;
    if (!entry.partial) this.#skip -= 1;
    return true;
  }
}

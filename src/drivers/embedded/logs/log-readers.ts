import { Waiters } from "../../../host/streams/waiters.ts";
import { countEntries } from "./count-entries.ts";
import type { LogPosition } from "./log-position.ts";
import type { LogSegment } from "./log-segment.ts";

/** Where a reader is, and how many entries behind its place have been trimmed since it is there; undefined = unknown. */
export type LogReader = { readonly position: LogPosition; readonly lost: number | undefined };

/** By place: how many entries a trim takes from who stands there. */
export type TrimCounts = ReadonlyMap<string, number>;

/** So many places are counted for one trim; each may cost a reading of all that is trimmed. */
const mostCounts = 64;

type Place = { position: LogPosition; lost: number | undefined };

/**
 * The readers of a log that are under way: the only ones that can be told how many entries they lost. What is trimmed
 * cannot be counted afterwards, and counting it for nobody would cost a reading of every log.
 */
export class LogReaders {
  readonly #places = new Set<Place>();
  readonly #moves = new Waiters();

  /** A new reader; `leave` when it is done. @param segment what it stands in; undefined: it is not there */
  enter(position: LogPosition, segment: LogSegment | undefined): LogReader {
    const place: Place = { position, lost: undefined };
    this.#places.add(place);
    this.move(place, position, segment);
    return place;
  }

  /** Takes a reader to another place. What was trimmed there before it came is unknown. */
  move(reader: LogReader, position: LogPosition, segment: LogSegment | undefined): void {
    const place: Place = reader;
    place.position = position;
    place.lost = segment !== undefined && position.offset >= segment.trimmed ? 0 : undefined;
    this.#moves.wake();
  }

  leave(reader: LogReader): void {
    this.#places.delete(reader);
    this.#moves.wake();
  }

  /** Resolves when all have left; or when none has moved for `restMs`, or after `mostMs`, both in milliseconds. */
  async whenLeft(restMs: number, mostMs: number): Promise<void> {
    const late = AbortSignal.timeout(mostMs);
    let goesOn = true;
    while (this.#places.size > 0 && goesOn) goesOn = await this.#moves.wait(late, restMs);
  }

  /**
   * Counts what each reader would lose by a trim up to `kept`, for {@link trimming}. Readers go on meanwhile: who keeps
   * moving within what is to be trimmed may stay without a count.
   */
  async count(segment: LogSegment, kept: number): Promise<TrimCounts> {
    const counts = new Map<string, number>();
    while (counts.size < mostCounts) {
      const from = this.#uncounted(segment, kept, counts);
      if (from === undefined) break;
      counts.set(keyOf(from), await countEntries(segment, from, kept));
    }
    return counts;
  }

  /** The head of a segment up to `kept` goes. What was not counted for a reader is unknown to it. */
  trimming(segment: LogSegment, kept: number, counts: TrimCounts): void {
    for (const place of this.#places) {
      const from = lossOf(place, segment, kept);
      if (from === undefined) continue;
      const count = counts.get(keyOf(from));
      place.lost = count === undefined || place.lost === undefined ? undefined : place.lost + count;
    }
  }

  #uncounted(segment: LogSegment, kept: number, counts: TrimCounts): LogPosition | undefined {
    for (const place of this.#places) {
      const from = lossOf(place, segment, kept);
      if (from !== undefined && place.lost !== undefined && !counts.has(keyOf(from))) return from;
    }
    return undefined;
  }
}

/** From where on a reader loses what is trimmed up to `kept`; undefined when it loses nothing. */
function lossOf({ position }: Place, { seq, trimmed }: LogSegment, kept: number): LogPosition | undefined {
  if (position.seq !== seq || position.offset >= kept) return undefined;
  return position.offset >= trimmed ? position : { seq, offset: trimmed, events: 0 };
}

/** Readers that stand still share a place: it is read once, not once a reader. */
function keyOf({ offset, events }: LogPosition): string {
  return `${offset} ${events}`;
}

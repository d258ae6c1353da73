import { countEntries } from "./count-entries.ts";
import type { LogPosition } from "./log-position.ts";
import type { LogSegment } from "./log-segment.ts";

/** Where a reader is, and how many entries behind its place have been trimmed since it is there; undefined = unknown. */
export type LogReader = { readonly position: LogPosition; readonly lost: number | undefined };

type Place = { position: LogPosition; lost: number | undefined };

/**
 * The readers of a log that are under way: the only ones that can be told how many entries they lost. What is trimmed
 * cannot be counted afterwards, and counting it for nobody would cost a reading of every log.
 */
export class LogReaders {
  readonly #places = new Set<Place>();

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
  }

  leave(reader: LogReader): void {
    this.#places.delete(reader);
  }

  /** Counts for each reader what it is about to lose: the head of a segment up to `kept`. */
  trimming(segment: LogSegment, kept: number): void {
    // Readers that stand still share a place: it is read once, not once a reader.
    const counted = new Map<string, number>();
    for (const place of this.#places) {
      const { position, lost } = place;
      if (position.seq !== segment.seq || lost === undefined) continue;
      const from = position.offset >= segment.trimmed ? position : { seq: segment.seq, offset: segment.trimmed, events: 0 };
      const key = `${from.offset} ${from.events}`;
      const count = counted.get(key) ?? countEntries(segment, from, kept);
      counted.set(key, count);
      place.lost = lost + count;
    }
  }
}

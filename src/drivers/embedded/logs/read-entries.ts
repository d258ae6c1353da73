import { isUtf8 } from "node:buffer";
import { open } from "node:fs/promises";
import { batchLimits, type LogEntry } from "../../../domain/log-entry.ts";
import { decodeSpan, type LineSpan, splitLines } from "../../../host/streams/split-lines.ts";
import { formatLogPosition, type LogPosition } from "./log-position.ts";
import type { LogSegment, SegmentEvent } from "./log-segment.ts";
import type { TimeMark } from "./time-marks.ts";

/** How much is read at once: a batch of usual lines; and, where that holds no entry, more than the longest one. */
const blockBytes = { usual: 32 * 1024, most: 128 * 1024 };

/** Entries in order, and the position behind the last. */
export type ReadResult = { readonly entries: readonly LogEntry[]; readonly next: LogPosition };

/**
 * Reads some entries of an invocation behind a position, as many as make a batch: none when there is none yet.
 *
 * @param until stops at this position, which lies in the same invocation
 */
export async function readEntries(segment: LogSegment, from: LogPosition, until?: LogPosition): Promise<ReadResult> {
  const { visible, ended } = segment;
  const builder = new EntryBuilder(segment, from, until);
  builder.addEvents();
  const rest = visible - from.offset;
  if (rest <= 0 || from.offset >= (until?.offset ?? visible)) return builder;
  for (const most of [blockBytes.usual, blockBytes.most]) {
    const buffer = await readBlock(segment.path, from.offset, Math.min(rest, most));
    builder.marks = segment.marks.covering(from.offset, from.offset + buffer.length);
    builder.addLines(buffer, ended && from.offset + buffer.length >= visible);
    if (builder.next.offset > from.offset || rest <= most) break;
  }
  return builder;
}

/** Reads bytes of a file; fewer when it ends before. */
async function readBlock(path: string, offset: number, length: number): Promise<Buffer> {
  await using file = await open(path, "r");
  const buffer = Buffer.allocUnsafe(length);
  const { bytesRead } = await file.read(buffer, 0, length, offset);
  return buffer.subarray(0, bytesRead);
}

/** Collects lines and events in their order. */
class EntryBuilder implements ReadResult {
  readonly entries: LogEntry[] = [];
  next: LogPosition;
  marks: readonly TimeMark[] = [];
  #mark = -1;
  #time = new Date(0);
  #event: number;
  readonly #segment: LogSegment;
  readonly #until: LogPosition | undefined;

  constructor(segment: LogSegment, from: LogPosition, until: LogPosition | undefined) {
    this.#segment = segment;
    this.#until = until;
    this.next = from;
    const { events } = segment;
    const first = events.findIndex(({ offset }) => offset >= from.offset);
    this.#event = first === -1 ? events.length : first + from.events;
  }

  /** Adds the events that stand where we are. */
  addEvents(): void {
    while (!this.#isFull()) {
      const event = this.#segment.events[this.#event];
      if (event === undefined || event.offset > this.next.offset) return;
      if (this.#until !== undefined && event.offset === this.#until.offset && this.next.events >= this.#until.events) return;
      this.#event += 1;
      this.next = { ...this.next, events: this.next.events + 1 };
      this.entries.push(this.#eventEntry(event));
    }
  }

  addLines(buffer: Buffer, isLast: boolean): void {
    const base = this.next.offset;
    const known = isUtf8(buffer);
    for (const span of splitLines(buffer, isLast)) {
      if (this.#isFull() || (this.#until !== undefined && base + span.end > this.#until.offset)) return;
      this.next = { seq: this.next.seq, offset: base + span.end, events: 0 };
      this.entries.push(this.#lineEntry(buffer, span, known));
      this.addEvents();
    }
  }

  /** Lines may be empty: a block may hold many more than a batch. */
  #isFull(): boolean {
    return this.entries.length >= batchLimits.entries;
  }

  #lineEntry(buffer: Buffer, span: LineSpan, known: boolean): LogEntry {
    this.#advance(this.next.offset);
    const { message, raw } = decodeSpan(buffer, span, known);
    // Of one shape for nearly all lines: this is the hot path of a log.
    const entry: LogEntry = {
      position: formatLogPosition(this.next),
      time: this.#time,
      timeEstimated: this.marks[this.#mark]?.estimated ?? true,
      message,
      invocationId: this.#segment.invocationId,
      partial: span.partial,
    };
    return raw === undefined ? entry : { ...entry, raw };
  }

  #eventEntry(event: SegmentEvent): LogEntry {
    return {
      position: formatLogPosition(this.next),
      time: new Date(event.time),
      timeEstimated: false,
      message: event.message,
      invocationId: this.#segment.invocationId,
      event: event.event,
      partial: false,
    };
  }

  /** To the first mark at or behind an offset; offsets only grow. Entries of a mark share its time. */
  #advance(offset: number): void {
    let next = Math.max(0, this.#mark);
    while (next < this.marks.length - 1 && (this.marks[next]?.offset ?? 0) < offset) next += 1;
    if (next === this.#mark) return;
    this.#mark = next;
    this.#time = new Date(this.marks[next]?.time ?? 0);
  }
}

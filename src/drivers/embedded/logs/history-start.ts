import { open } from "node:fs/promises";
import { entryBoundary } from "./entry-boundary.ts";
import type { InstanceLog } from "./instance-log.ts";
import { compareLogPositions, type LogPosition, logBeginning } from "./log-position.ts";
import type { LogSegment } from "./log-segment.ts";

/** Which invocations count. */
export type SegmentRange = { readonly first: number; readonly last: number };

/**
 * Where the last `lines` entries before `end` begin. Reads from the end, never from the start. A line over 64 KiB counts
 * once, whatever number of parts it has.
 */
export async function lastEntries(log: InstanceLog, lines: number, end: LogPosition, range: SegmentRange): Promise<LogPosition> {
  let wanted = lines;
  if (wanted <= 0) return end;
  for (const seq of log
    .sequences()
    .filter((number) => number >= range.first && number <= range.last)
    .toReversed()) {
    const segment = log.segment(seq);
    const limit = seq === end.seq ? end : { seq, offset: segment.visible, events: segment.eventsAt(segment.visible) };
    const found = await countBack(segment, wanted, limit);
    if (typeof found !== "number") return found;
    wanted = found;
  }
  return rangeStart(log, range);
}

/** The first position of a range. */
export function rangeStart(log: InstanceLog, range: SegmentRange): LogPosition {
  const seq = log.sequences().find((number) => number >= range.first);
  return seq === undefined ? logBeginning : { seq, offset: log.segment(seq).trimmed, events: 0 };
}

/** Returns the position in the segment, or how many entries are still wanted. */
async function countBack(segment: LogSegment, lines: number, end: LogPosition): Promise<LogPosition | number> {
  let wanted = lines;
  const events = segment.events.filter(({ offset }) => offset <= end.offset);
  events.length -= Math.max(0, segment.eventsAt(end.offset) - end.events);
  const takeEvents = (from: number): LogPosition | undefined => {
    for (let event = events.at(-1); event !== undefined && event.offset >= from; event = events.at(-1)) {
      events.pop();
      const before = events.filter(({ offset }) => offset === event.offset).length;
      wanted -= 1;
      if (wanted === 0) return { seq: segment.seq, offset: event.offset, events: before };
    }
    return undefined;
  };
  for await (const line of linesBackward(segment, end.offset)) {
    const position = takeEvents(line.end);
    if (position !== undefined) return position;
    wanted -= 1;
    if (wanted === 0) return { seq: segment.seq, offset: line.start, events: segment.eventsAt(line.start) };
  }
  return takeEvents(0) ?? wanted;
}

/** The lines before `end`, the last one first; the last one may lack its line feed. */
async function* linesBackward(segment: LogSegment, end: number): AsyncGenerator<{ start: number; end: number }> {
  if (end <= segment.trimmed) return;
  await using file = await open(segment.path, "r");
  const buffer = Buffer.alloc(64 * 1024);
  let lineEnd = end;
  for (let blockEnd = end; blockEnd > segment.trimmed; ) {
    const start = Math.max(segment.trimmed, blockEnd - buffer.length);
    const { bytesRead } = await file.read(buffer, 0, blockEnd - start, start);
    for (let at = buffer.subarray(0, bytesRead).lastIndexOf(10); at !== -1; at = at === 0 ? -1 : buffer.lastIndexOf(10, at - 1)) {
      const lineStart = start + at + 1;
      if (lineStart >= lineEnd) continue;
      yield { start: lineStart, end: lineEnd };
      lineEnd = lineStart;
    }
    blockEnd = start;
  }
  if (lineEnd > segment.trimmed) yield { start: segment.trimmed, end: lineEnd };
}

/** Where the first entry begins that is not older than `since`, milliseconds since 1970; `end` when there is none. */
export function firstSince(log: InstanceLog, since: number, end: LogPosition, range: SegmentRange): LogPosition {
  let start = end;
  for (const seq of log
    .sequences()
    .filter((number) => number >= range.first && number <= range.last)
    .toReversed()) {
    const found = firstSinceIn(log.segment(seq), since);
    if (found === undefined) break;
    if (compareLogPositions(found, start) < 0) start = found;
  }
  return start;
}

function firstSinceIn(segment: LogSegment, since: number): LogPosition | undefined {
  const candidates: LogPosition[] = [];
  const seen = segment.marks.seenBefore(since);
  if (seen !== undefined) {
    const offset = entryBoundary(segment, Math.min(seen, segment.visible));
    // Events there are older, or candidates themselves.
    candidates.push({ seq: segment.seq, offset, events: segment.eventsAt(offset) });
  }
  const event = segment.events.find(({ time }) => time >= since);
  if (event !== undefined) {
    const before = segment.events.slice(0, segment.events.indexOf(event)).filter(({ offset }) => offset === event.offset);
    candidates.push({ seq: segment.seq, offset: event.offset, events: before.length });
  }
  return candidates.sort(compareLogPositions)[0];
}

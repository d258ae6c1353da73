import { closeSync, openSync, readSync } from "node:fs";
import { maximumLineBytes } from "../../../domain/log-entry.ts";
import { cutLongLine } from "../../../host/streams/split-lines.ts";
import type { LogSegment } from "./log-segment.ts";

/**
 * Where the last entry that ends at or before `limit` ends, while more may follow: the place for an event, or an end.
 * @param limit at most `segment.visible`
 */
export function entryBoundary(segment: LogSegment, limit: number): number {
  if (limit <= segment.trimmed) return segment.trimmed;
  const descriptor = openSync(segment.path, "r");
  try {
    return cutForward(descriptor, lineStart(descriptor, segment.trimmed, limit), limit, segment.visible);
  } finally {
    closeSync(descriptor);
  }
}

/** Behind the last line feed before `limit`. */
function lineStart(descriptor: number, lowest: number, limit: number): number {
  const buffer = Buffer.alloc(16 * 1024);
  for (let end = limit; end > lowest; ) {
    const start = Math.max(lowest, end - buffer.length);
    const length = readSync(descriptor, buffer, 0, end - start, start);
    const found = buffer.subarray(0, length).lastIndexOf(10);
    if (found !== -1) return start + found + 1;
    end = start;
  }
  return lowest;
}

/** A line that is too long is given out in parts; to know that one is, a byte more than a part must be there. */
function cutForward(descriptor: number, start: number, limit: number, visible: number): number {
  const buffer = Buffer.alloc(limit - start < maximumLineBytes - 4 ? 0 : maximumLineBytes + 1);
  let boundary = start;
  while (limit - boundary >= maximumLineBytes - 4 && visible - boundary >= buffer.length) {
    const length = readSync(descriptor, buffer, 0, buffer.length, boundary);
    if (length < buffer.length || buffer.includes(10)) return boundary;
    const next = boundary + cutLongLine(buffer, 0);
    if (next > limit) return boundary;
    boundary = next;
  }
  return boundary;
}

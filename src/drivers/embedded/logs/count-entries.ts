import { closeSync, openSync, readSync } from "node:fs";
import type { LogPosition } from "./log-position.ts";
import type { LogSegment } from "./log-segment.ts";
import { splitLines } from "./split-lines.ts";

/** How much is read at once; more than the longest entry. */
const blockBytes = 256 * 1024;

/** How many entries stand behind a position and before a byte of the same invocation at which an entry begins. Reads them. */
export function countEntries(segment: LogSegment, from: LogPosition, to: number): number {
  if (from.offset >= to) return 0;
  const atOnce = Math.max(0, segment.eventsAt(from.offset) - from.events);
  const later = segment.events.filter(({ offset }) => offset > from.offset && offset < to).length;
  return atOnce + later + countLines(segment.path, from.offset, to);
}

function countLines(path: string, from: number, to: number): number {
  const descriptor = openSync(path, "r");
  try {
    const buffer = Buffer.allocUnsafe(Math.min(blockBytes, to - from));
    let count = 0;
    for (let start = from; start < to; ) {
      const length = readSync(descriptor, buffer, 0, Math.min(buffer.length, to - start), start);
      if (length === 0) break;
      let read = 0;
      for (const { end } of splitLines(buffer.subarray(0, length), start + length >= to)) {
        count += 1;
        read = end;
      }
      start += read;
    }
    return count;
  } finally {
    closeSync(descriptor);
  }
}

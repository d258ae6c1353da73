import { open } from "node:fs/promises";
import { splitLines } from "../../../host/streams/split-lines.ts";
import type { LogPosition } from "./log-position.ts";
import type { LogSegment } from "./log-segment.ts";

/** How much is read at once; more than the longest entry. Splitting it holds others up, for a millisecond or two. */
const blockBytes = 128 * 1024;

/** How many entries stand behind a position and before a byte of the same invocation at which an entry begins. Reads them. */
export async function countEntries(segment: LogSegment, from: LogPosition, to: number): Promise<number> {
  if (from.offset >= to) return 0;
  const atOnce = Math.max(0, segment.eventsAt(from.offset) - from.events);
  const later = segment.events.filter(({ offset }) => offset > from.offset && offset < to).length;
  return atOnce + later + (await countLines(segment.path, from.offset, to));
}

async function countLines(path: string, from: number, to: number): Promise<number> {
  await using file = await open(path, "r");
  const buffer = Buffer.allocUnsafe(Math.min(blockBytes, to - from));
  let count = 0;
  for (let start = from; start < to; ) {
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, to - start), start);
    if (bytesRead === 0) break;
    let read = 0;
    for (const { end } of splitLines(buffer.subarray(0, bytesRead), start + bytesRead >= to)) {
      count += 1;
      read = end;
    }
    start += read;
  }
  return count;
}

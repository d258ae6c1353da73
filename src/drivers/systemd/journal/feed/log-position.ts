import { crc32 } from "node:zlib";
import { HostError } from "../../../../domain/host-error.ts";
import { comparePoints, type JournalCursor, momentCursor, parseJournalCursor } from "../source/journal-point.ts";

/**
 * A place between two entries of an instance's log: behind which entry of the journal, and behind how many of the
 * instance's life-cycle events.
 */
export type LogPosition = { readonly cursor: JournalCursor; readonly event: number };

/** Before everything; no entry of a journal is so old. */
export const logBeginning: LogPosition = { cursor: momentCursor(1), event: 0 };

const grammar = /^(s=[^~]{1,200})~(0|[1-9]\d{0,9})~([0-9a-f]{8})$/;

/** Writes a position as `<journal cursor>~<event>~<check>`; the check is over the instance's uid, too. Cheap: every line has one. */
export function formatLogPosition({ cursor, event }: LogPosition, uid: string): string {
  return `${cursor.text}~${event}~${checkOf(cursor, event, uid)}`;
}

/** Reads a position; `""` is the beginning. @throws HostError INVALID_CURSOR for what this driver did not make for this uid */
export function parseLogPosition(text: string, uid: string): LogPosition {
  if (text === "") return logBeginning;
  const match = grammar.exec(text);
  const cursor = match === null ? undefined : parseJournalCursor(match[1] ?? "");
  if (match === null || cursor === undefined || checkOf(cursor, Number(match[2]), uid) !== match[3]) throw invalidPosition(text);
  return { cursor, event: Number(match[2]) };
}

/** Whether `a` has passed all that `b` has. Positions of one log never cross. */
export function isAtLeast(a: LogPosition, b: LogPosition): boolean {
  return a.event >= b.event && comparePoints(a.cursor, b.cursor) >= 0;
}

/** Finds damage, and positions of other instances; whoever forges one reads nothing but this log. */
function checkOf({ sequence, time }: JournalCursor, event: number, uid: string): string {
  let sum = seedOf(uid);
  for (const number of [sequence, time, event]) {
    sum = Math.imul(sum ^ (number >>> 0), 0x9e3779b1);
    sum = Math.imul(sum ^ (sum >>> 15) ^ (number / 2 ** 32), 0x85ebca77);
  }
  return (((sum ^ (sum >>> 13)) >>> 0) + 2 ** 32).toString(16).slice(1);
}

const seed = { uid: "", value: 0 };

/** Neighbours are of one instance: its seed is made once. */
function seedOf(uid: string): number {
  if (seed.uid !== uid) Object.assign(seed, { uid, value: crc32(uid) });
  return seed.value;
}

function invalidPosition(text: string): HostError {
  const shown = text.slice(0, 80);
  return new HostError("INVALID_CURSOR", `${JSON.stringify(shown)} is not a place in this log`, { metadata: { cursor: shown } });
}

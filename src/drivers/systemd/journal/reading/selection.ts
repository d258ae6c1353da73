import { invocationNotFound } from "../../../../domain/failures.ts";
import type { LogEntry, LogStart } from "../../../../domain/log-entry.ts";
import type { InstanceFeed } from "../feed/instance-feed.ts";
import { isAtLeast, type LogPosition, logBeginning, parseLogPosition } from "../feed/log-position.ts";
import { momentCursor } from "../source/journal-point.ts";
import { countsAsEntry, type LogReading } from "./log-reading.ts";

/** What of a log a reader wants. */
export type Selection = {
  readonly from: LogPosition;
  /** Of the entries that are selected up to now so many come first and are not wanted. */
  readonly skip: number;
  readonly invocationId?: string;
  /** The end of the invocation, when another has followed it: nothing behind it is wanted. */
  readonly until?: LogPosition;
};

/** More is everything. */
const everything = 0xffff_ffff;
const invocationGrammar = /^[0-9a-f]{32}$/;

/**
 * Finds where a reader begins.
 *
 * @param end the position behind the last entry, as it is now
 * @throws HostError INVALID_CURSOR, INVOCATION_NOT_FOUND, HELPER_FAILED; the reason of `signal` when it aborts
 */
export async function select(
  feed: InstanceFeed,
  reading: LogReading,
  start: LogStart,
  end: LogPosition,
  signal: AbortSignal,
): Promise<Selection> {
  if (start.type === "position") return { from: parseLogPosition(start.position, feed.identity.uid), skip: 0 };
  const { lines, since, invocationId } = start;
  if (since === undefined && invocationId === undefined) return lastLines(feed, reading, lines, end, signal);
  const whole = invocationId === undefined ? { from: logBeginning, skip: 0 } : await wholeRun(feed, reading, invocationId, end, signal);
  const selection = since === undefined ? whole : { ...whole, from: later(whole.from, firstSince(feed, since)) };
  if (lines >= everything) return selection;
  const kept = lastKept(feed, selection, lines, end);
  if (kept !== undefined) return kept;
  const count = await countSelected(reading, selection, end, signal);
  return { ...selection, skip: Math.max(0, count - lines) };
}

/** The last lines of a selection, where the ring has them: every end of a game asks for them, and a program is dear. */
function lastKept({ ring }: InstanceFeed, selection: Selection, lines: number, end: LogPosition): Selection | undefined {
  let wanted = lines;
  for (let number = ring.numberBehind(selection.until ?? end) - 1; number >= ring.first; number -= 1) {
    const item = ring.at(number);
    if (item === undefined || !("entry" in item) || !countsAsEntry(item) || !isSelected(item.entry, selection)) continue;
    if (isAtLeast(selection.from, item.position)) return selection;
    // The parts of the entry that stays out come before it, those of the first one wanted behind it.
    if (wanted === 0) return { ...selection, from: item.position };
    wanted -= 1;
  }
  return isAtLeast(selection.from, ring.before) ? selection : undefined;
}

async function lastLines(
  feed: InstanceFeed,
  reading: LogReading,
  lines: number,
  end: LogPosition,
  signal: AbortSignal,
): Promise<Selection> {
  if (lines <= 0) return { from: end, skip: 0 };
  const whole = { from: logBeginning, skip: 0 };
  if (lines >= everything) return whole;
  const kept = lastKept(feed, whole, lines, end);
  if (kept !== undefined) return kept;
  const { from, count } = await reading.countBack(lines, end, signal);
  return { from, skip: Math.max(0, count - lines) };
}

/** All of an invocation. The events know where it began, and whether it is over. */
async function wholeRun(
  feed: InstanceFeed,
  reading: LogReading,
  invocationId: string,
  end: LogPosition,
  signal: AbortSignal,
): Promise<Selection> {
  if (!invocationGrammar.test(invocationId)) throw invocationNotFound(feed.identity.name, invocationId);
  const { events } = feed.events;
  const first = events.find((event) => event.event === "STARTED" && event.invocationId === invocationId);
  if (first === undefined) {
    const selection = { from: logBeginning, skip: 0, invocationId };
    const found = await findInvocation(feed, reading, selection, end, signal);
    return { ...selection, ...untilItIsOver(feed, invocationId, found.event, end) };
  }
  // Lines that did not wait for a late STARTED stand before it.
  const before = events.findLast(({ number }) => number < first.number);
  const from = { cursor: before?.anchor ?? logBeginning.cursor, event: first.number - 1 };
  return { from, skip: 0, invocationId, ...untilItIsOver(feed, invocationId, first.number, end) };
}

/** Where the next run began behind an event, if one did; the present end of the log when this one is over. */
function untilItIsOver({ events }: InstanceFeed, invocationId: string, behind: number, end: LogPosition): Pick<Selection, "until"> {
  const next = events.events.find(({ number, event }) => number > behind && event === "STARTED");
  if (next !== undefined) return { until: { cursor: next.anchor, event: next.number - 1 } };
  return events.has("EXITED", invocationId) ? { until: end } : {};
}

/**
 * An invocation without events: older than those that are kept, or of a time without a daemon. The journal knows.
 *
 * @returns where its first entry is
 */
async function findInvocation(
  feed: InstanceFeed,
  reading: LogReading,
  selection: Selection,
  end: LogPosition,
  signal: AbortSignal,
): Promise<LogPosition> {
  for await (const items of reading.range({ from: selection.from, until: end }, signal, selection.invocationId)) {
    const found = items.find((item) => "entry" in item && isSelected(item.entry, selection));
    if (found !== undefined) return found.position;
  }
  throw invocationNotFound(feed.identity.name, selection.invocationId ?? "");
}

function firstSince(feed: InstanceFeed, since: Date): LogPosition {
  const older = feed.events.events.findLast(({ time }) => time < since.getTime());
  return { cursor: momentCursor(since.getTime() * 1000 - 1), event: older?.number ?? 0 };
}

function later(a: LogPosition, b: LogPosition): LogPosition {
  return isAtLeast(a, b) ? a : b;
}

async function countSelected(reading: LogReading, selection: Selection, end: LogPosition, signal: AbortSignal): Promise<number> {
  let count = 0;
  for await (const items of reading.range({ from: selection.from, until: selection.until ?? end }, signal)) {
    for (const item of items) if (countsAsEntry(item) && "entry" in item && isSelected(item.entry, selection)) count += 1;
  }
  return count;
}

/** Whether an entry belongs to the invocation that is wanted, if one is. */
export function isSelected(entry: LogEntry, { invocationId }: Selection): boolean {
  return invocationId === undefined || entry.invocationId === invocationId;
}

import { HostError } from "../../../domain/host-error.ts";
import type { LogEntry, LogPiece, LogStart } from "../../../domain/log-entry.ts";
import { entryBoundary } from "./entry-boundary.ts";
import { firstSince, lastEntries, rangeStart, type SegmentRange } from "./history-start.ts";
import type { InstanceLog } from "./instance-log.ts";
import { compareLogPositions, formatLogPosition, invalidPosition, type LogPosition, parseLogPosition } from "./log-position.ts";
import type { LogSegment } from "./log-segment.ts";
import { readEntries } from "./read-entries.ts";

/** Yields a log from `start` on, as it stands at the call; the port's `logs`. @throws HostError INVALID_CURSOR, INVOCATION_NOT_FOUND */
export async function* streamLog(log: InstanceLog, start: LogStart, follow: boolean, signal: AbortSignal): AsyncGenerator<LogPiece> {
  log.look();
  const range = rangeOf(log, start);
  const until = follow ? undefined : endOf(log, range);
  const position = await startOf(log, start, range).catch(unlessRemoved(log));
  if (position === undefined) return;
  const reader = log.readers.enter(position, segmentAt(log, position));
  try {
    while (!signal.aborted && !log.removed) {
      const { version } = log;
      const step = await nextStep(log, reader.position, range, until);
      if (step.type === "end") return;
      if (step.type === "nothing") {
        if (!follow || log.ending) return;
        if (version === log.version) await log.nextChange(signal);
        continue;
      }
      const { lost } = reader;
      log.readers.move(reader, step.next, segmentAt(log, step.next));
      if (step.type === "gap") yield gapPiece(step, lost);
      if (step.type === "entries") yield { type: "batch", entries: step.entries, isLatest: follow && isAtEnd(log, step.next) };
    }
  } catch (error) {
    unlessRemoved(log)(error);
  } finally {
    log.readers.leave(reader);
  }
}

/** The files of a log that has been removed go from under whoever came too late to be waited for: it ends, as for the others. */
function unlessRemoved(log: InstanceLog) {
  return (error: unknown): undefined => {
    if (!log.removed) throw error;
  };
}

function isAtEnd(log: InstanceLog, position: LogPosition): boolean {
  const end = log.end();
  return end !== undefined && compareLogPositions(position, end) >= 0;
}

/** Known is what was trimmed under a reader's eyes; what was dropped or lost with the power is not. */
function gapPiece({ reason, next, isTrim }: Step & { readonly type: "gap" }, lost: number | undefined): LogPiece {
  return { type: "gap", reason, position: formatLogPosition(next), ...(isTrim && lost !== undefined ? { lost } : {}) };
}

function segmentAt(log: InstanceLog, { seq }: LogPosition): LogSegment | undefined {
  return log.sequences().includes(seq) ? log.segment(seq) : undefined;
}

type Step =
  | { readonly type: "entries"; readonly entries: readonly LogEntry[]; readonly next: LogPosition }
  | { readonly type: "gap"; readonly reason: "TRIMMED" | "STORAGE_LOST"; readonly isTrim: boolean; readonly next: LogPosition }
  | { readonly type: "move"; readonly next: LogPosition }
  | { readonly type: "nothing" }
  | { readonly type: "end" };

/** What comes behind a position. */
async function nextStep(log: InstanceLog, from: LogPosition, range: SegmentRange, until: LogPosition | undefined): Promise<Step> {
  const isThere = log.sequences().includes(from.seq);
  const lost = isThere ? lossAt(log.segment(from.seq), from) : undefined;
  if (lost !== undefined) return lost;
  if (until !== undefined && compareLogPositions(from, until) >= 0) return { type: "end" };
  if (!isThere) return enter(log, from, range);
  const segment = log.segment(from.seq);
  const limit = until?.seq === from.seq ? until : undefined;
  const result = await (limit === undefined ? log.read(from) : readEntries(segment, from, limit)).catch(unlessDropped(log, from));
  if (result === undefined) return enter(log, from, range);
  // What was trimmed while we read may have been read as zeros; what was dropped could not be read.
  const trimmed = lossAt(segment, from);
  if (trimmed !== undefined) return trimmed;
  if (result.entries.length > 0) return { type: "entries", entries: result.entries, next: result.next };
  return leave(log, segment, range);
}

/** A segment may be dropped while it is being read. */
function unlessDropped(log: InstanceLog, { seq }: LogPosition) {
  return (error: unknown): undefined => {
    if (log.sequences().includes(seq)) throw error;
  };
}

/** From a place whose segment is not there: before everything, or dropped. */
function enter(log: InstanceLog, from: LogPosition, range: SegmentRange): Step {
  const seq = log.sequences().find((number) => number > from.seq);
  if (seq === undefined || seq > range.last) return { type: "nothing" };
  const next = { seq, offset: 0, events: 0 };
  // Invocations are numbered from 1; number 0 exists only when something was recorded before.
  if (from.seq === 0 && seq <= 1) return { type: "move", next };
  return { type: "gap", reason: "TRIMMED", isTrim: false, next: { ...next, offset: log.segment(seq).trimmed } };
}

/** From a place where there is nothing more: on to the next invocation, or wait. */
function leave(log: InstanceLog, segment: LogSegment, range: SegmentRange): Step {
  const seq = log.sequences().find((number) => number > segment.seq);
  if (seq !== undefined && seq <= range.last) return { type: "move", next: { seq, offset: 0, events: 0 } };
  const isOver = range.last === segment.seq && (segment.ended || seq !== undefined);
  return { type: isOver ? "end" : "nothing" };
}

function lossAt(segment: LogSegment, { seq, offset }: LogPosition): Step | undefined {
  if (offset < segment.trimmed) return { type: "gap", reason: "TRIMMED", isTrim: true, next: { seq, offset: segment.trimmed, events: 0 } };
  if (offset <= segment.visible) return undefined;
  const end = segment.ended ? segment.visible : entryBoundary(segment, segment.visible);
  return { type: "gap", reason: "STORAGE_LOST", isTrim: false, next: { seq, offset: end, events: segment.eventsAt(end) } };
}

function rangeOf(log: InstanceLog, start: LogStart): SegmentRange {
  if (start.type === "position" || start.invocationId === undefined) return { first: 0, last: Number.POSITIVE_INFINITY };
  const { invocationId } = start;
  const seq = log.sequences().findLast((number) => log.segment(number).invocationId === invocationId);
  if (seq !== undefined && invocationId !== "") return { first: seq, last: seq };
  throw new HostError("INVOCATION_NOT_FOUND", `the log has no invocation ${JSON.stringify(invocationId.slice(0, 80))} (any more)`, {
    metadata: { invocation: invocationId.slice(0, 80) },
  });
}

function endOf(log: InstanceLog, range: SegmentRange): LogPosition {
  const end = log.end() ?? { seq: 0, offset: 0, events: 0 };
  if (end.seq <= range.last) return end;
  const segment = log.segment(range.last);
  return { seq: segment.seq, offset: segment.visible, events: segment.eventsAt(segment.visible) };
}

async function startOf(log: InstanceLog, start: LogStart, range: SegmentRange): Promise<LogPosition> {
  if (start.type === "position") return checkedPosition(log, start.position);
  const end = endOf(log, range);
  const since = start.since === undefined ? rangeStart(log, range) : firstSince(log, start.since.getTime(), end, range);
  // Counting would read all of it.
  if (start.lines >= 0xffff_ffff) return since;
  const last = await lastEntries(log, start.lines, end, range);
  return compareLogPositions(since, last) > 0 ? since : last;
}

/** Refuses a position inside an entry. One whose bytes are gone cannot be checked. */
function checkedPosition(log: InstanceLog, text: string): LogPosition {
  const position = parseLogPosition(text);
  const { seq, offset, events } = position;
  if (!log.sequences().includes(seq)) {
    if (seq > (log.sequences().at(-1) ?? 0)) throw invalidPosition(text);
    return position;
  }
  const segment = log.segment(seq);
  if (offset < segment.trimmed || offset > segment.visible) return position;
  const isEnd = segment.ended && offset === segment.visible;
  if ((!isEnd && entryBoundary(segment, offset) !== offset) || events > segment.eventsAt(offset)) throw invalidPosition(text);
  return position;
}

import type { LogEntry } from "../../../../domain/log-entry.ts";
import type { StoredEvent } from "./event-store.ts";
import type { WholeLine } from "./line-joiner.ts";
import { formatLogPosition, type LogPosition } from "./log-position.ts";

/** So far, in milliseconds, journald's clock may be behind an event: it looks once for all that it takes in one turn. */
const turnMs = 1000;

/** A game's line as a reader sees it. @param before the event before it: its invocation is that of a line that knows none */
export function lineEntry(line: WholeLine, position: LogPosition, uid: string, before: StoredEvent | undefined): LogEntry {
  const invocationId = before?.invocationId ?? "";
  const time = line.cursor.time / 1000;
  const isBehind = before !== undefined && time < before.time && time > before.time - turnMs;
  const entry: LogEntry = {
    position: formatLogPosition(position, uid),
    time: new Date(isBehind ? before.time : time),
    timeEstimated: false,
    message: line.message,
    invocationId: line.invocationId === "" ? invocationId : line.invocationId,
    partial: line.partial,
  };
  return line.raw === undefined ? entry : { ...entry, raw: line.raw };
}

/** A life-cycle event as a reader sees it. */
export function eventEntry({ number, event, invocationId, time, isEstimated, message, anchor }: StoredEvent, uid: string): LogEntry {
  return {
    position: formatLogPosition({ cursor: anchor, event: number }, uid),
    time: new Date(time),
    timeEstimated: isEstimated ?? false,
    message,
    invocationId,
    event,
    partial: false,
  };
}

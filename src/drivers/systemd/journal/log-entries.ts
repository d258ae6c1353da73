import type { LogEntry } from "../../../domain/log-entry.ts";
import type { StoredEvent } from "./event-store.ts";
import type { WholeLine } from "./line-joiner.ts";
import { formatLogPosition, type LogPosition } from "./log-position.ts";

/** A game's line as a reader sees it. @param invocationId that of the event before it, for a line that knows none */
export function lineEntry(line: WholeLine, position: LogPosition, uid: string, invocationId: string): LogEntry {
  const entry: LogEntry = {
    position: formatLogPosition(position, uid),
    time: new Date(line.cursor.time / 1000),
    timeEstimated: false,
    message: line.message,
    invocationId: line.invocationId === "" ? invocationId : line.invocationId,
    partial: line.partial,
  };
  return line.raw === undefined ? entry : { ...entry, raw: line.raw };
}

/** A life-cycle event as a reader sees it. */
export function eventEntry({ number, event, invocationId, time, message, anchor }: StoredEvent, uid: string): LogEntry {
  return {
    position: formatLogPosition({ cursor: anchor, event: number }, uid),
    time: new Date(time),
    timeEstimated: false,
    message,
    invocationId,
    event,
    partial: false,
  };
}

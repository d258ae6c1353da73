import type { InstanceFeed } from "../feed/instance-feed.ts";
import type { LogPosition } from "../feed/log-position.ts";
import type { JournalFiles } from "../source/journal-files.ts";
import { comparePoints, momentCursor } from "../source/journal-point.ts";

/**
 * Where a reader goes on that comes back with a position. That is there; but a power cut takes the newest lines and events,
 * and journald and we give their numbers again: then it is behind what is left of what the position had passed.
 *
 * @param end the position behind the last entry, as it is now
 * @returns `from` itself when nothing is known to be lost
 */
export function resumedPosition(feed: InstanceFeed, files: JournalFiles, from: LogPosition, end: LogPosition): LogPosition {
  if (from.cursor.sequence !== 0 && comparePoints(from.cursor, end.cursor) > 0) return end;
  const cursor = files.isNumberedAnew(from.cursor) ? momentCursor(from.cursor.time) : from.cursor;
  const event = Math.min(from.event, feed.events.numberAt(cursor));
  return cursor === from.cursor && event === from.event ? from : { cursor, event };
}

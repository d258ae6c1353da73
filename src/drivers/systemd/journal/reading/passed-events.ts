import type { RingItem } from "../feed/entry-ring.ts";
import type { InstanceFeed } from "../feed/instance-feed.ts";
import { eventEntry } from "../feed/log-entries.ts";
import type { LogPosition } from "../feed/log-position.ts";
import { comparePoints } from "../source/journal-point.ts";

/**
 * The events that found a place before a position after it had been given away: those of a time without a daemon. Who comes back
 * with it is told them where it stands, behind lines that it has. A moment is the place of a gap: no line is left before it.
 */
export function passedEvents({ identity, events }: InstanceFeed, { cursor, event }: LogPosition, end: LogPosition): readonly RingItem[] {
  if (cursor.sequence === 0) return [];
  const passed = events.after(event).filter(({ anchor, number }) => number <= end.event && comparePoints(anchor, cursor) < 0);
  return passed.map((each) => ({
    position: { cursor, event: each.number },
    entry: eventEntry({ ...each, anchor: cursor }, identity.uid),
  }));
}

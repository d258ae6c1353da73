import type { StreamedProcess } from "../../../exec/stream-process.ts";
import type { InstanceFeed } from "./feed/instance-feed.ts";
import { logBeginning } from "./feed/log-position.ts";
import type { UnseenRun } from "./feed/unseen-run.ts";
import type { ReadingMeans } from "./reading/log-reading.ts";
import { type EntrySink, ExportParser } from "./source/export-parser.ts";
import { comparePoints, type JournalCursor, momentCursor } from "./source/journal-point.ts";

/** So many are told, the newest: the events that are kept must have room for them. */
const mostRuns = 400;
/** So far before the last line of a run, in microseconds, the first one of the next may stand: journald was behind with both. */
const mixedTime = 10_000_000;

/**
 * Looks for runs behind the last event of an instance, up to the floor of its feed. What the run that the events leave open
 * printed is passed over, however much that is, and so is what follows the first line of the present run.
 *
 * @param present the invocation that runs; empty when none does
 * @throws HostError HELPER_FAILED; the reason of `signal` when it aborts
 */
export function unseenRuns(feed: InstanceFeed, means: ReadingMeans, present: string, signal: AbortSignal): Promise<readonly UnseenRun[]> {
  return means.files.whole(() => readUnseenRuns(feed, means, present, signal));
}

async function readUnseenRuns(
  feed: InstanceFeed,
  means: ReadingMeans,
  present: string,
  signal: AbortSignal,
): Promise<readonly UnseenRun[]> {
  const { identity, events, floor } = feed;
  const { openRun } = events;
  const read = (start: () => Promise<StreamedProcess>, take: (...entry: Parameters<EntrySink>) => boolean) =>
    means.budget.read(signal, start, (process) => readUntil(process, take));
  let openLast: JournalCursor | undefined;
  if (openRun !== undefined) {
    await read(
      () => means.source.last(identity.name, 1, openRun),
      (cursor) => {
        openLast = cursor;
        return true;
      },
    );
  }
  const from = beginning(events.last?.anchor ?? logBeginning.cursor, openLast);
  // Behind what vacuum took, so that its gap comes first.
  const trail = new RunTrail((id) => events.has("STARTED", id), means.files.lossBehind(from)?.goesOnAt ?? from);
  await read(
    () => means.source.after(identity.name, from),
    (cursor, _unit, line) => {
      if (comparePoints(cursor, floor.cursor) > 0) return true;
      if (cursor.time < identity.since || comparePoints(cursor, from) <= 0) return false;
      return trail.add(cursor, line().invocationId) === present && present !== "";
    },
  );
  return trail.runs;
}

function beginning(lastEvent: JournalCursor, openLast: JournalCursor | undefined): JournalCursor {
  if (openLast === undefined) return lastEvent;
  const mixed = momentCursor(openLast.time - mixedTime);
  return comparePoints(mixed, lastEvent) > 0 ? mixed : lastEvent;
}

/** @param take says whether it has seen enough */
async function readUntil(process: StreamedProcess, take: (...entry: Parameters<EntrySink>) => boolean): Promise<void> {
  let isEnough = false;
  const parser = new ExportParser((...entry) => {
    isEnough ||= take(...entry);
  });
  for await (const chunk of process.output) {
    parser.push(chunk);
    if (isEnough) return;
  }
  await process.ended;
}

/** Which runs have left lines, one after the other. */
class RunTrail {
  readonly #isKnown: (invocationId: string) => boolean;
  readonly #runs = new Map<string, UnseenRun>();
  #before: JournalCursor;

  constructor(isKnown: (invocationId: string) => boolean, from: JournalCursor) {
    this.#isKnown = isKnown;
    this.#before = from;
  }

  get runs(): readonly UnseenRun[] {
    return [...this.#runs.values()];
  }

  /** Takes the next line. Of a process that was gone at once nobody knows the run. @returns the run if no event tells of it */
  add(cursor: JournalCursor, invocationId: string): string | undefined {
    const behind = this.#before;
    this.#before = cursor;
    if (invocationId === "" || this.#isKnown(invocationId)) return undefined;
    if (!this.#runs.has(invocationId)) this.#runs.set(invocationId, { invocationId, behind, first: cursor.time / 1000 });
    for (const oldest of this.#runs.keys()) {
      if (this.#runs.size <= mostRuns) break;
      this.#runs.delete(oldest);
    }
    return invocationId;
  }
}

import { describeExit } from "../../../../domain/exit-report.ts";
import type { PresentRun } from "../../journal-port.ts";
import type { EventStore, StoredEvent } from "./event-store.ts";
import type { LogPosition } from "./log-position.ts";
import type { PendingEvent } from "./sequencer.ts";
import type { UnseenRun } from "./unseen-run.ts";

/** What a daemon that comes back knows of a log: its events, those that wait for a place, and the end of history. */
export type LogSoFar = { readonly events: EventStore; readonly waiting: readonly PendingEvent[]; readonly floor: LogPosition };

/** What is to be told of the time when no daemon was there. */
export type AwayEvents = {
  /** Those that belong between lines of that time, in order. */
  readonly placed: readonly Omit<StoredEvent, "number">[];
  /** Those of the events that waited which are among them. */
  readonly told: ReadonlySet<PendingEvent>;
  /** Those that belong behind these lines, before every event that waits. */
  readonly first: readonly PendingEvent[];
};

/**
 * Brings what the journal shows of unseen runs and what PID 1 still knows together: every run that left lines has STARTED
 * before them, and what a later one has followed, or does not run any more, has EXITED. PID 1's messages are not ours to
 * read: where it does not know how a run ended, neither do we. Times that nobody saw are the latest that are possible.
 */
export function awayEvents({ events, waiting, floor }: LogSoFar, present: PresentRun, runs: readonly UnseenRun[]): AwayEvents {
  const places = new Places(waiting, events.last?.time ?? 0);
  let open = events.openRun;
  for (const run of runs) {
    const started = waiting.find(isOf("STARTED", run.invocationId))?.time ?? run.first;
    if (open !== undefined) places.add("EXITED", open, Math.min(started, run.first), run);
    places.add("STARTED", run.invocationId, run.first, run);
    open = run.invocationId;
  }
  const { placed, told } = places;
  if (open === undefined || !isOver(open, present) || waiting.some(isOf("EXITED", open))) return { placed, told, first: [] };
  const time = Math.min(Date.now(), ...waiting.filter((event) => !told.has(event)).map((event) => event.time));
  const end = { event: "EXITED", invocationId: open, message: messages.EXITED, time } as const;
  return { placed, told, first: [{ ...end, isEstimated: true, mark: floor.cursor }] };
}

/** What nobody has seen reads so. */
const messages = { STARTED: "game started", EXITED: `game ${describeExit({})}` } as const;

/** Puts events between the lines of two runs. */
class Places {
  readonly placed: Omit<StoredEvent, "number">[] = [];
  readonly told = new Set<PendingEvent>();
  readonly #waiting: readonly PendingEvent[];
  #time: number;

  constructor(waiting: readonly PendingEvent[], time: number) {
    this.#waiting = waiting;
    this.#time = time;
  }

  /** PID 1 knows better than lines what it has seen. */
  add(event: "STARTED" | "EXITED", invocationId: string, estimate: number, { behind, first }: UnseenRun): void {
    const known = this.#waiting.find(isOf(event, invocationId));
    if (known !== undefined) this.told.add(known);
    this.#time = Math.floor(Math.max(this.#time, Math.min(known?.time ?? estimate, first)));
    const stored = { event, invocationId, message: known?.message ?? messages[event], time: this.#time, anchor: behind };
    this.placed.push(known === undefined ? { ...stored, isEstimated: true } : stored);
  }
}

function isOver(invocationId: string, present: PresentRun): boolean {
  return invocationId !== present.invocationId || present.isOver;
}

function isOf(event: string, invocationId: string): (pending: PendingEvent) => boolean {
  return (pending) => pending.event === event && pending.invocationId === invocationId;
}

import type { PresentRun } from "../journal-port.ts";
import { awayEvents } from "./feed/away-events.ts";
import type { InstanceFeed } from "./feed/instance-feed.ts";
import type { PendingEvent } from "./feed/sequencer.ts";
import type { UnseenRun } from "./feed/unseen-run.ts";
import type { ReadingMeans } from "./reading/log-reading.ts";
import { unseenRuns } from "./unseen-runs.ts";

/** So long a look at the journal may take, its turn included, in milliseconds. */
const patienceMs = 30_000;

/**
 * Takes up the log of an instance that an earlier daemon has left. What happened since then is looked for in the journal, so that
 * its events stand between the lines of that time; until it is found, what comes now waits. Where that is too much or takes
 * too long, the events of that time are told behind its lines.
 */
export class Adoption {
  readonly #feed: InstanceFeed;
  readonly #means: ReadingMeans;
  readonly #settle: (event: PendingEvent) => void;
  readonly #log: (message: string) => void;
  #present: PresentRun | undefined;
  #look: Promise<void> | undefined;

  /** @param settle sees to an event that has been announced */
  constructor(feed: InstanceFeed, means: ReadingMeans, settle: (event: PendingEvent) => void, log: (message: string) => void) {
    this.#feed = feed;
    this.#means = means;
    this.#settle = settle;
    this.#log = log;
    feed.hold(() => this.#end([]));
  }

  /** PID 1 has been asked; the events that it knows of wait in the feed. */
  begin(present: PresentRun): void {
    this.#present = present;
    const { events, waiting } = this.#feed;
    const goesOn = events.openRun === present.invocationId && !present.isOver;
    if (goesOn && waiting.length === 0) this.#end([]);
    // Of one at rest whose end has been told nothing is due; whether it ran meanwhile is looked at when somebody asks.
    else if (events.openRun !== undefined || waiting.length > 0 || !present.isOver) void this.done();
  }

  /** Resolves when what happened is in the log. Idempotent. */
  done(): Promise<void> {
    if (this.#present === undefined || !this.#feed.isHeld) return Promise.resolve();
    this.#look ??= this.#lookFor(this.#present);
    return this.#look;
  }

  async #lookFor({ invocationId }: PresentRun): Promise<void> {
    let unseen: readonly UnseenRun[] = [];
    try {
      unseen = await unseenRuns(this.#feed, this.#means, invocationId, AbortSignal.timeout(patienceMs));
    } catch (error) {
      const { identity, closed } = this.#feed;
      if (!closed) this.#log(`${identity.name}: what happened without a daemon is told behind the lines of that time: ${error}`);
    }
    this.#end(unseen);
  }

  #end(unseen: readonly UnseenRun[]): void {
    const feed = this.#feed;
    if (!feed.isHeld || feed.closed) return;
    const nothing = { placed: [], told: new Set<PendingEvent>(), first: [] };
    const events = this.#present === undefined ? nothing : awayEvents(feed, this.#present, unseen);
    feed.release(events);
    for (const event of events.first) this.#settle(event);
  }
}

import { join } from "node:path";
import type { LifecycleEvent, LogPiece, LogStart } from "../../../domain/log-entry.ts";
import type { RuntimeIdentity } from "../../../host/driver.ts";
import { orAborted } from "../../../host/or-aborted.ts";
import type { InstanceJournal, JournalEvent, PresentRun } from "../journal-port.ts";
import { Adoption } from "./adoption.ts";
import { Arrivals, type JournaldMeans } from "./arrivals.ts";
import { Bypass } from "./bypass.ts";
import { awayEvents } from "./feed/away-events.ts";
import { EventStore } from "./feed/event-store.ts";
import { InstanceFeed } from "./feed/instance-feed.ts";
import { formatLogPosition, logBeginning } from "./feed/log-position.ts";
import { RingBudget } from "./feed/ring-budget.ts";
import type { PendingEvent } from "./feed/sequencer.ts";
import { instanceSince } from "./instance-since.ts";
import { HistoryBudget } from "./reading/history-budget.ts";
import { LogReading, type ReadingMeans } from "./reading/log-reading.ts";
import { streamLog } from "./reading/log-stream.ts";
import type { EntrySink } from "./source/export-parser.ts";
import { JournalFiles } from "./source/journal-files.ts";
import { JournalFollower } from "./source/journal-follower.ts";
import type { JournalSource } from "./source/journal-source.ts";
import { unitOf } from "./source/journalctl.ts";
import type { Waker } from "./source/waker.ts";

/** What the journal of this host offers. */
export type JournalMeans = JournaldMeans & {
  readonly source: JournalSource;
  readonly files?: JournalFiles;
  /** Makes the follower hear of new entries sooner. */
  readonly waker: Waker;
};

/** An instance's live end, and what it takes to read what is older. */
type Instance = { readonly feed: InstanceFeed; readonly reading: LogReading; adoption?: Adoption; recent?: Promise<void> };

/** What PID 1 tells happens once in an invocation; a daemon that comes back finds it once more. */
const unique: ReadonlySet<LifecycleEvent> = new Set(["STARTED", "EXITED", "RESTARTING", "GAVE_UP"]);

/** The logs of all instances. See `InstanceJournal`. */
export class NamespaceJournal implements InstanceJournal {
  readonly #root: string;
  readonly #means: JournalMeans;
  readonly #files: JournalFiles;
  readonly #reading: ReadingMeans;
  readonly #log: (message: string) => void;
  readonly #follower: JournalFollower;
  readonly #arrivals: Arrivals;
  readonly #instances = new Map<string, Instance>();
  /** By unit: what the follower hands on. */
  readonly #feeds = new Map<string, InstanceFeed>();
  readonly #changed = new Set<InstanceFeed>();
  readonly #budget = new RingBudget();
  readonly #bypass: Bypass;

  constructor(root: string, means: JournalMeans, log: (message: string) => void) {
    this.#root = root;
    this.#means = means;
    this.#files = means.files ?? new JournalFiles();
    this.#reading = { source: means.source, files: this.#files, budget: new HistoryBudget() };
    this.#log = log;
    this.#follower = new JournalFollower(means.source, {
      entry: (...entry) => this.#receive(...entry),
      hole: (next, reason) => {
        for (const feed of this.#feeds.values()) feed.addGap(next, reason);
      },
      isSkipped: (before, next) => this.#files.isSkipped(before, next),
      isRepeated: (before, next) => this.#files.isRepeated(before, next),
      hasBegun: () => means.current() !== undefined,
      chunkEnd: () => this.#notify(),
      log,
    });
    this.#arrivals = new Arrivals(means, this.#follower);
    this.#bypass = new Bypass({
      follow: (names, after) => means.source.followSome?.(names, after) ?? Promise.reject(new Error("they cannot be read alone")),
      behind: () => (means.source.followSome === undefined ? 0 : this.#arrivals.behind),
      last: () => this.#follower.last,
      followed: () => [...this.#feeds.values()].filter(({ isFollowed }) => isFollowed),
      isRepeated: (before, next) => this.#files.isRepeated(before, next),
      entry: (...entry) => this.#receive(...entry),
      chunkEnd: () => this.#notify(),
      log,
    });
  }

  async open(): Promise<void> {
    await this.#follower.open(this.#files.isEmpty());
  }

  async close(): Promise<void> {
    this.#bypass.close();
    for (const { feed } of this.#instances.values()) feed.close();
    await this.#follower.close();
  }

  add(identity: RuntimeIdentity): void {
    this.#instance(identity);
  }

  adopt(identity: RuntimeIdentity): void {
    const instance = this.#instance(identity);
    const { feed } = instance;
    if (feed.hasNoHistory) return;
    instance.adoption = new Adoption(feed, this.#reading, (event) => this.#settle(feed, event), this.#log);
  }

  adopted(identity: RuntimeIdentity, present: PresentRun): void {
    const { feed, adoption } = this.#instance(identity);
    // Where too much came, nothing waits any more: the end of the run of before goes ahead.
    if (!feed.isHeld) for (const event of awayEvents(feed, present, []).first) this.#announce(feed, event);
    for (const { event, ...details } of present.events) this.recordEvent(identity, event, details);
    adoption?.begin(present);
  }

  recordEvent(identity: RuntimeIdentity, event: LifecycleEvent, { invocationId, message, time }: JournalEvent): void {
    const { feed, adoption } = this.#instance(identity);
    if (unique.has(event) && invocationId !== "" && feed.isTold(event, invocationId)) return;
    this.#announce(feed, { event, invocationId, message, time: time.getTime(), mark: this.#arrivals.mark });
    void adoption?.done();
  }

  async *logs(identity: RuntimeIdentity, start: LogStart, follow: boolean, signal: AbortSignal): AsyncGenerator<LogPiece> {
    if (signal.aborted) return;
    const instance = this.#instance(identity);
    const { feed, reading } = instance;
    const release = [feed.follow(), ...(follow ? [this.#means.waker.hold(), this.#bypass.hold()] : [])];
    try {
      // Whoever has left is let go at once; what others wait for too goes on.
      await orAborted(this.#upToDate(instance), signal);
      yield* streamLog({ feed, reading, files: this.#files }, start, follow, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      for (const each of release) each();
    }
  }

  async logEnd(identity: RuntimeIdentity): Promise<string> {
    const instance = this.#instance(identity);
    await this.#upToDate(instance);
    const { last } = instance.feed.ring;
    return last === logBeginning ? "" : formatLogPosition(last, identity.uid);
  }

  async remove({ name, uid }: RuntimeIdentity): Promise<void> {
    const instance = this.#instances.get(name);
    if (instance?.feed.identity.uid !== uid) return;
    // Followers see it to its end.
    await instance.feed.whenPlaced();
    this.#forget(name, instance);
    instance.feed.events.remove();
  }

  #instance({ name, uid }: RuntimeIdentity): Instance {
    const known = this.#instances.get(name);
    if (known?.feed.identity.uid === uid) return known;
    if (known !== undefined) this.#forget(name, known);
    const directory = join(this.#root, "instances", name);
    const since = instanceSince(join(directory, "record.json"), uid);
    const events = new EventStore(join(directory, "journal-events"), uid, this.#log);
    const feed = new InstanceFeed({ name, uid, since }, events, this.#follower.last, this.#budget);
    const instance = { feed, reading: new LogReading(feed, this.#reading) };
    this.#instances.set(name, instance);
    this.#feeds.set(unitOf(name), feed);
    return instance;
  }

  #forget(name: string, { feed }: Instance): void {
    feed.close();
    this.#instances.delete(name);
    this.#feeds.delete(unitOf(name));
  }

  #receive(...[cursor, unit, line]: Parameters<EntrySink>): void {
    const feed = this.#feeds.get(unit);
    if (feed?.isNews(cursor) !== true) return;
    feed.receive(line());
    this.#changed.add(feed);
  }

  #notify(): void {
    for (const feed of this.#changed) feed.notify();
    this.#changed.clear();
  }

  #announce(feed: InstanceFeed, event: PendingEvent): void {
    feed.announce(event);
    this.#settle(feed, event);
  }

  #settle(feed: InstanceFeed, event: PendingEvent): void {
    void this.#settleInTime(feed, event).catch((error: unknown) =>
      this.#log(`an event of ${feed.identity.name} found its place late: ${error}`),
    );
  }

  /** Waits until all lines have come that stand before an event. */
  async #settleInTime(feed: InstanceFeed, event: PendingEvent): Promise<void> {
    const release = this.#means.waker.hold();
    try {
      if (event.event === "EXITED") await this.#arrivals.drain(feed);
      else await this.#arrivals.reach(event.mark);
    } finally {
      release();
      feed.settle(event);
    }
  }

  /** What was printed before the call is in the feed, events included, and so are the newest of the older entries. */
  async #upToDate(instance: Instance): Promise<void> {
    const { feed } = instance;
    const release = this.#means.waker.hold();
    try {
      await this.#arrivals.present();
      await instance.adoption?.done();
      await feed.whenPlaced();
      instance.recent ??= this.#recall(instance);
      await instance.recent;
    } catch (error) {
      delete instance.recent; // the next reader tries again
      throw error;
    } finally {
      release();
    }
  }

  /** Fills the ring with what is older than the daemon: most readers want no more. */
  async #recall(instance: Instance): Promise<void> {
    const { feed, reading } = instance;
    const upTo = feed.ring.before;
    if (upTo !== feed.floor) return;
    if (feed.hasNoHistory) {
      feed.ring.prepend([], logBeginning, upTo);
      return;
    }
    const tail = await reading.tail(recalledItems, upTo);
    if (tail !== undefined) feed.ring.prepend(tail.items, tail.before, upTo);
  }
}

/** As many as an unfollowed ring keeps. */
const recalledItems = 256;

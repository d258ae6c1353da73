import { join } from "node:path";
import type { LifecycleEvent, LogPiece, LogStart } from "../../../domain/log-entry.ts";
import type { RuntimeIdentity } from "../../../host/driver.ts";
import { orAborted } from "../../../host/or-aborted.ts";
import type { InstanceJournal, JournalEvent } from "../journal-port.ts";
import { coalesced } from "./coalesced.ts";
import { EventStore } from "./event-store.ts";
import type { EntrySink } from "./export-parser.ts";
import { HistoryBudget } from "./history-budget.ts";
import { InstanceFeed } from "./instance-feed.ts";
import { instanceSince } from "./instance-since.ts";
import { JournalFiles } from "./journal-files.ts";
import { JournalFollower } from "./journal-follower.ts";
import type { JournalPoint } from "./journal-point.ts";
import type { JournalSource } from "./journal-source.ts";
import { unitOf } from "./journalctl.ts";
import { formatLogPosition, logBeginning } from "./log-position.ts";
import { LogReading, type ReadingMeans } from "./log-reading.ts";
import { streamLog } from "./log-stream.ts";
import { RingBudget } from "./ring-budget.ts";
import type { PendingEvent } from "./sequencer.ts";
import type { Waker } from "./waker.ts";

/** What the journal of this host offers. */
export type JournalMeans = {
  readonly source: JournalSource;
  readonly files?: JournalFiles;
  /** Makes the follower hear of new entries sooner. */
  readonly waker: Waker;
  /** How far the journal is; undefined where that cannot be known. */
  current(): JournalPoint | undefined;
  /** Resolves when journald has taken what games had written before. */
  turns(): Promise<void>;
};

/** How long the follower may hear nothing although journald has something, in milliseconds. */
const patienceMs = 2000;
/** The same where nobody can tell how far journald is: it tells its readers every 250 ms. */
const blindMs = 350;
/** How often, at most, an end is looked for behind the lines of an invocation that has ended. */
const mostDrains = 100;

/** An instance's live end, and what it takes to read what is older. */
type Instance = { readonly feed: InstanceFeed; readonly reading: LogReading; recent?: Promise<void> };

/** The logs of all instances. See `InstanceJournal`. */
export class NamespaceJournal implements InstanceJournal {
  readonly #root: string;
  readonly #means: JournalMeans;
  readonly #turns: () => Promise<void>;
  readonly #files: JournalFiles;
  readonly #reading: ReadingMeans;
  readonly #log: (message: string) => void;
  readonly #follower: JournalFollower;
  readonly #instances = new Map<string, Instance>();
  /** By unit: what the follower hands on. */
  readonly #feeds = new Map<string, InstanceFeed>();
  readonly #changed = new Set<InstanceFeed>();
  readonly #budget = new RingBudget();

  constructor(root: string, means: JournalMeans, log: (message: string) => void) {
    this.#root = root;
    this.#means = means;
    this.#turns = coalesced(() => means.turns());
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
  }

  async open(): Promise<void> {
    await this.#follower.open(this.#files.isEmpty());
  }

  async close(): Promise<void> {
    for (const { feed } of this.#instances.values()) feed.close();
    await this.#follower.close();
  }

  add(identity: RuntimeIdentity): void {
    this.#instance(identity);
  }

  recordEvent(identity: RuntimeIdentity, event: LifecycleEvent, { invocationId, message, time }: JournalEvent): void {
    const { feed } = this.#instance(identity);
    const pending = { event, invocationId, message, time: time.getTime(), mark: this.#mark() };
    feed.announce(pending);
    void this.#settle(feed, pending).catch((error: unknown) => this.#log(`an event of ${identity.name} found its place late: ${error}`));
  }

  async *logs(identity: RuntimeIdentity, start: LogStart, follow: boolean, signal: AbortSignal): AsyncGenerator<LogPiece> {
    if (signal.aborted) return;
    const instance = this.#instance(identity);
    const { feed, reading } = instance;
    const release = [feed.follow(), ...(follow ? [this.#means.waker.hold()] : [])];
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

  #receive(...[_cursor, unit, line]: Parameters<EntrySink>): void {
    const feed = this.#feeds.get(unit);
    if (feed === undefined) return;
    feed.receive(line());
    this.#changed.add(feed);
  }

  #notify(): void {
    for (const feed of this.#changed) feed.notify();
    this.#changed.clear();
  }

  /** The place of what happens now. */
  #mark(): JournalPoint {
    return this.#means.current() ?? { sequenceId: "", sequence: 0, time: Date.now() * 1000 };
  }

  /** Waits until all lines have come that stand before an event. */
  async #settle(feed: InstanceFeed, event: PendingEvent): Promise<void> {
    const release = this.#means.waker.hold();
    try {
      if (event.event === "EXITED") await this.#drain(feed);
      else await this.#reach(event.mark);
    } finally {
      release();
      feed.settle(event);
    }
  }

  /** The last words of a game may still be in its socket: journald is asked until nothing more comes. */
  async #drain(feed: InstanceFeed): Promise<void> {
    for (let round = 0, received = -1; received !== feed.received && round < mostDrains && !feed.closed; round += 1) {
      received = feed.received;
      await this.#turns();
      await this.#reach(this.#mark());
    }
  }

  /** What was printed before the call is in the feed, events included, and so are the newest of the older entries. */
  async #upToDate(instance: Instance): Promise<void> {
    const { feed } = instance;
    const release = this.#means.waker.hold();
    try {
      await this.#turns();
      await this.#reach(this.#mark());
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

  async #reach(point: JournalPoint): Promise<void> {
    const isKnown = point.sequence !== 0;
    await this.#follower.reach(point, isKnown ? patienceMs : blindMs);
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

import type { LifecycleEvent, LogEntry, LogGapReason } from "../../../../domain/log-entry.ts";
import { Waiters } from "../../../../host/streams/waiters.ts";
import type { JournalLine } from "../source/journal-line.ts";
import { comparePoints, type JournalCursor, type JournalPoint, momentCursor } from "../source/journal-point.ts";
import type { AwayEvents } from "./away-events.ts";
import { EntryRing } from "./entry-ring.ts";
import type { EventStore, StoredEvent } from "./event-store.ts";
import { LineJoiner, type WholeLine } from "./line-joiner.ts";
import { eventEntry, lineEntry } from "./log-entries.ts";
import type { LogPosition } from "./log-position.ts";
import type { RingBudget } from "./ring-budget.ts";
import { type PendingEvent, Sequencer } from "./sequencer.ts";

/** What is kept in memory of an instance that nobody follows: enough for the usual tail; and of one that is followed. */
const idleLimits = { items: 256, bytes: 512 * 1024 };
const followedLimits = { items: 8192, bytes: 8 * 1024 * 1024 };

/** Which instance, and since when. */
export type FeedIdentity = {
  readonly name: string;
  readonly uid: string;
  /** Older lines are a namesake's. Microseconds since 1970. */
  readonly since: number;
};

/**
 * The live end of one instance's log: lines and events go in as they become known, and stand in the ring in the order
 * in which every reader sees them, now and later.
 */
export class InstanceFeed {
  readonly identity: FeedIdentity;
  readonly events: EventStore;
  readonly ring: EntryRing;
  /** Whether nothing of the instance is older than the feed: it was made before the instance could print. */
  readonly hasNoHistory: boolean;
  readonly #joiner = new LineJoiner();
  readonly #sequencer: Sequencer;
  readonly #started: Set<string>;
  readonly #waiters = new Waiters();
  #floor: LogPosition;
  /** While lines and events wait: what is called when too much does. */
  #full: (() => void) | undefined;
  readonly #unplaced = new Map<PendingEvent, PromiseWithResolvers<void>>();
  #anchor: JournalCursor;
  #newest: JournalCursor;
  #lastTime = 0;
  #received = 0;
  #followers = 0;
  #version = 0;
  #told = 0;
  #closed = false;

  /**
   * @param floor the last entry of the journal that will not come by {@link receive}
   * @param budget what all feeds of the host keep in memory
   */
  constructor(identity: FeedIdentity, events: EventStore, floor: JournalCursor, budget: RingBudget) {
    this.identity = identity;
    this.events = events;
    events.settleAt(floor);
    this.#anchor = this.#newest = floor;
    this.#floor = this.#position(floor);
    this.hasNoHistory = events.last === undefined && floor.time < identity.since;
    this.ring = new EntryRing(this.floor, idleLimits, budget);
    this.#lastTime = events.last?.time ?? 0;
    this.#started = new Set(events.events.filter(({ event }) => event === "STARTED").map(({ invocationId }) => invocationId));
    this.#sequencer = new Sequencer({
      line: (line) => this.#addLine(line),
      event: (event, notAfter) => this.#addEvent(event, notAfter),
      late: () => this.notify(),
      full: () => this.#full?.(),
      isStarted: (invocationId) => (invocationId === "" ? this.#isRunning() : this.#started.has(invocationId)),
    });
  }

  /** The end of history: lines behind it come by the feed. */
  get floor(): LogPosition {
    return this.#floor;
  }
  /** Whether lines and events wait for {@link release}. */
  get isHeld(): boolean {
    return this.#full !== undefined;
  }
  /** The events that have no place yet, in order. */
  get waiting(): readonly PendingEvent[] {
    return this.#sequencer.waiting;
  }
  /** Counts the lines that have come. */
  get received(): number {
    return this.#received;
  }
  /** Counts changes: a reader that finds nothing new and the same number may wait. */
  get version(): number {
    return this.#version;
  }
  /** Whether nothing follows any more. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Whether somebody reads on and on. */
  get isFollowed(): boolean {
    return this.#followers > 0;
  }

  /** Whether an entry of the instance, which may come by two ways, has not come yet. */
  isNews(cursor: JournalCursor): boolean {
    return cursor.time >= this.identity.since && comparePoints(cursor, this.#newest) > 0;
  }

  /** Takes the next entry of the instance, which {@link isNews}. Readers are told by {@link notify}. */
  receive(line: JournalLine): void {
    this.#newest = line.cursor;
    this.#received += 1;
    for (const whole of this.#joiner.push(line)) this.#sequencer.addLine(whole);
  }

  /** Whether an event of an invocation is in the log, or waits for its place there. */
  isTold(event: LifecycleEvent, invocationId: string): boolean {
    return this.events.has(event, invocationId) || this.waiting.some((each) => each.event === event && each.invocationId === invocationId);
  }

  /** What comes waits for {@link release}, as long as it is not too much: then `full` is called. Nothing has come yet. */
  hold(full: () => void): void {
    this.#full = full;
    this.#sequencer.hold();
  }

  /** Goes on, with events of history. */
  release({ placed, told, first }: AwayEvents): void {
    this.#full = undefined;
    for (const event of placed) this.#store(event);
    this.#floor = this.#position(this.#floor.cursor);
    this.ring.beginAt(this.#floor);
    for (const event of told) this.#hasPlace(event);
    for (const event of first) this.#unplaced.set(event, Promise.withResolvers());
    this.#sequencer.release(told, first);
    this.notify();
  }

  /** An event has happened; its place is known when it is settled or a later line comes. */
  announce(event: PendingEvent): void {
    this.#unplaced.set(event, Promise.withResolvers());
    this.#sequencer.addEvent(event);
    this.notify();
  }

  /** All lines that come before an event have been received. */
  settle(event: PendingEvent): void {
    if (event.event === "EXITED") {
      const rest = this.#joiner.flush(event.invocationId);
      if (rest !== undefined) this.#sequencer.addLine(rest);
    }
    this.#sequencer.settle(event);
    this.notify();
  }

  /** Entries before `next` are lost: what still waits for them goes before the gap. */
  addGap(next: JournalPoint, reason: LogGapReason): void {
    this.#full?.();
    const rest = this.#joiner.flush();
    if (rest !== undefined) this.#sequencer.addLine(rest);
    this.#sequencer.flush();
    const cursor = momentCursor(Math.max(next.time - 1, this.#anchor.time));
    this.#anchor = cursor;
    this.ring.push({ position: this.#position(cursor), gap: reason });
    this.#version += 1;
    this.notify();
  }

  /** Wakes the readers. */
  notify(): void {
    if (this.#version === this.#told) return;
    this.#told = this.#version;
    this.#waiters.wake();
  }

  /** Resolves at the next change, and when `signal` aborts. */
  async nextChange(signal: AbortSignal): Promise<void> {
    if (!this.#closed) await this.#waiters.wait(signal);
  }

  /** Resolves when every event that has happened by now has its place. */
  async whenPlaced(): Promise<void> {
    await Promise.all([...this.#unplaced.values()].map(({ promise }) => promise));
  }

  /** More is kept from now on. @returns what ends that */
  follow(): () => void {
    this.#followers += 1;
    this.ring.limit(followedLimits);
    return () => {
      this.#followers -= 1;
      if (this.#followers === 0) this.ring.limit(idleLimits);
    };
  }

  /** Ends every reader. */
  close(): void {
    this.#closed = true;
    this.#sequencer.close();
    this.ring.leaveBudget();
    for (const { resolve } of this.#unplaced.values()) resolve();
    this.#waiters.wake();
  }

  #isRunning(): boolean {
    const { last } = this.events;
    return last !== undefined && last.event !== "EXITED" && last.event !== "GAVE_UP" && last.event !== "RESET";
  }

  #addLine(line: WholeLine): void {
    this.#anchor = line.cursor;
    const position = this.#position(line.cursor);
    const entry = lineEntry(line, position, this.identity.uid, this.events.last);
    this.#lastTime = entry.time.getTime();
    this.#push(position, entry);
  }

  #addEvent(pending: PendingEvent, notAfter: number): void {
    const { mark: _, ...event } = pending;
    this.#hasPlace(pending);
    const time = Math.floor(Math.max(this.#lastTime, Math.min(pending.time, notAfter)));
    const stored = this.#store({ ...event, time, anchor: this.#anchor });
    this.#push(this.#position(stored.anchor), eventEntry(stored, this.identity.uid));
  }

  #store(event: Omit<StoredEvent, "number">): StoredEvent {
    this.#lastTime = Math.max(this.#lastTime, event.time);
    if (event.event === "STARTED") this.#started.add(event.invocationId);
    return this.events.append(event);
  }

  #hasPlace(event: PendingEvent): void {
    this.#unplaced.get(event)?.resolve();
    this.#unplaced.delete(event);
  }

  #push(position: LogPosition, entry: LogEntry): void {
    this.ring.push({ position, entry });
    this.#version += 1;
  }

  #position(cursor: JournalCursor): LogPosition {
    return { cursor, event: this.events.last?.number ?? 0 };
  }
}

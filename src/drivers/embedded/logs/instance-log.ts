import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LifecycleEvent } from "../../../domain/log-entry.ts";
import { Waiters } from "../../../host/streams/waiters.ts";
import { entryBoundary } from "./entry-boundary.ts";
import type { LogPosition } from "./log-position.ts";
import { LogReaders } from "./log-readers.ts";
import { LogSegment } from "./log-segment.ts";
import { type ReadResult, readEntries } from "./read-entries.ts";
import { isTrimDue, type Retention, trimSegment } from "./trim-segment.ts";
import { watchGrowth } from "./watch-growth.ts";

/** So long readers of a log that is being removed may all stand still, in milliseconds: longer than the pause between two batches. */
const longestRestMs = 1000;

/** So long, in milliseconds, such readers may take in all. */
const lastTellingMs = 30_000;

/**
 * The log of one instance: its invocations' segments, the newest of which may still grow.
 *
 * Writing is the supervisor's: begin, follow, record, finish. Reading is anybody's: readers hold a position, read the
 * files for themselves, and wait for {@link nextChange}; readers at the same place share what one of them has read.
 */
export class InstanceLog {
  /** Those that are under way. */
  readonly readers = new LogReaders();
  readonly #directory: string;
  readonly #retention: Retention;
  readonly #segments = new Map<number, LogSegment>();
  readonly #waiters = new Waiters();
  readonly #shared = new Map<string, Promise<ReadResult>>();
  #sequences: number[];
  #unwatch: (() => void) | undefined;
  #trimming: Promise<void> | undefined;
  #version = 0;
  #ending = false;
  #removed = false;

  constructor(directory: string, retention: Retention) {
    this.#directory = directory;
    this.#retention = retention;
    this.#sequences = existsSync(directory) ? readSequences(directory) : [];
  }

  /** Counts changes: a reader that finds nothing new and the same number may wait. */
  get version(): number {
    return this.#version;
  }
  /** Whether the instance is being removed: nothing comes any more. */
  get ending(): boolean {
    return this.#ending;
  }

  /** Whether the instance has been removed; nothing can be read any more. */
  get removed(): boolean {
    return this.#removed;
  }

  /** The numbers of the invocations that are kept, ascending. */
  sequences(): readonly number[] {
    return this.#sequences;
  }

  /** One invocation's log. */
  segment(seq: number): LogSegment {
    const known = this.#segments.get(seq);
    if (known !== undefined) return known;
    const segment = new LogSegment(this.#directory, seq);
    this.#segments.set(seq, segment);
    return segment;
  }

  /** The newest invocation's log. */
  newest(): LogSegment | undefined {
    const seq = this.#sequences.at(-1);
    return seq === undefined ? undefined : this.segment(seq);
  }

  /** The position behind the last entry; undefined when there is none. */
  end(): LogPosition | undefined {
    const segment = this.newest();
    if (segment === undefined) return undefined;
    const offset = boundaryOf(segment);
    return { seq: segment.seq, offset, events: segment.eventsAt(offset) };
  }

  /** Begins a segment; returns the file that takes the output. Older ones beyond the retention are dropped. */
  begin(seq: number, invocationId: string): string {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    const segment = this.segment(seq);
    segment.belongTo(invocationId);
    writeFileSync(segment.path, "", { flag: "a", mode: 0o600 });
    this.#sequences.push(seq);
    this.#prune();
    return segment.path;
  }

  /** Watches the newest segment grow. What it already holds beyond the last mark was written while nobody looked. */
  follow(isAdopted: boolean): void {
    const segment = this.newest();
    if (segment === undefined) return;
    this.#unwatch?.();
    this.#unwatch = watchGrowth(segment.path, () => this.#see(segment, Date.now(), false));
    if (isAdopted) this.#see(segment, segment.writtenAt(), true);
    else this.#see(segment, Date.now(), false);
  }

  /** Takes in what has been written and nobody has told yet: the kernel tells it some time later. */
  look(): void {
    const segment = this.newest();
    if (segment !== undefined && !segment.ended && this.#unwatch !== undefined) this.#see(segment, Date.now(), false);
  }

  /** Adds an event at the current end. */
  record(event: LifecycleEvent, message: string, time = Date.now()): void {
    if (this.#sequences.length === 0) this.#beginPrehistory();
    const segment = this.newest();
    if (segment === undefined) return;
    this.#write(() => {
      if (!segment.ended && this.#unwatch !== undefined) segment.see(time, false);
      segment.addEvent({ offset: boundaryOf(segment), time, event, message });
    });
    this.#notify();
    if (!segment.ended) this.#trim(segment);
  }

  /**
   * Ends the newest segment, for good.
   * @param message the text of EXITED; without it there is no such entry, because nothing ever ran
   * @param isEstimated whether it ended while nobody looked
   */
  finish(message: string | undefined, time = Date.now(), isEstimated = false): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
    const segment = this.newest();
    if (segment === undefined || segment.ended) return;
    this.#write(() => segment.see(isEstimated ? segment.writtenAt() : Date.now(), isEstimated));
    this.#write(() => segment.end());
    if (message !== undefined) this.#write(() => segment.addEvent({ offset: segment.visible, time, event: "EXITED", message }));
    this.#notify();
  }

  /** Reads on from a position; followers at the same place share the work. */
  read(from: LogPosition): Promise<ReadResult> {
    const key = `${from.seq}.${from.offset}.${from.events}`;
    const shared = this.#shared.get(key);
    if (shared !== undefined) return shared;
    const reading = readEntries(this.segment(from.seq), from);
    this.#shared.set(key, reading);
    // Followers wake in the same turn: sharing what is under way is enough, and keeps nothing in memory.
    const forget = () => {
      if (this.#shared.get(key) === reading) this.#shared.delete(key);
    };
    reading.then(forget, forget);
    return reading;
  }

  /** Resolves at the next change, and when `signal` aborts. */
  async nextChange(signal: AbortSignal): Promise<void> {
    await this.#waiters.wait(signal);
  }

  /** Ends every reader: the instance is gone. Who goes on reads all of it; it resolves when all have left, or none has moved for a second. */
  async remove(): Promise<void> {
    this.#unwatch?.();
    this.#ending = true;
    this.#notify();
    await this.readers.whenLeft(longestRestMs, lastTellingMs);
    this.#removed = true;
    this.#notify();
  }

  /** Stops watching. */
  async close(): Promise<void> {
    this.#unwatch?.();
    this.#unwatch = undefined;
    while (this.#trimming !== undefined) await this.#trimming;
  }

  /** For events before the first start. */
  #beginPrehistory(): void {
    this.begin(0, "");
    this.newest()?.end();
  }

  #see(segment: LogSegment, time: number, estimated: boolean): void {
    if (!this.#write(() => segment.see(time, estimated))) return;
    this.#notify();
    this.#trim(segment);
  }

  /** One trim at a time; what has grown meanwhile is trimmed behind it. */
  #trim(segment: LogSegment): void {
    if (this.#trimming !== undefined || !isTrimDue(segment, this.#retention)) return;
    this.#trimming = trimSegment(segment, this.#retention, this.readers).then((isDone) => {
      this.#trimming = undefined;
      if (isDone && !this.#ending) this.#trim(segment);
    });
  }

  /** A full disk must not end the daemon: what could not be kept is seen again at the next growth, or is missing later. */
  #write<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.#retention.log(`a log in ${this.#directory} could not be written: ${error}`);
      return undefined;
    }
  }

  #notify(): void {
    this.#version += 1;
    this.#shared.clear();
    this.#waiters.wake();
  }

  #prune(): void {
    while (this.#sequences.length > this.#retention.keptInvocations) {
      const seq = this.#sequences.shift();
      for (const suffix of ["log", "marks", "events"]) rmSync(join(this.#directory, `${seq}.${suffix}`), { force: true });
      if (seq !== undefined) this.#segments.delete(seq);
    }
  }
}

function boundaryOf(segment: LogSegment): number {
  return segment.ended ? segment.visible : entryBoundary(segment, segment.visible);
}

function readSequences(directory: string): number[] {
  const names = readdirSync(directory).map((name) => /^(\d+)\.events$/.exec(name)?.[1]);
  return names
    .filter((name) => name !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
}

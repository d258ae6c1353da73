import type { LifecycleEvent } from "../../../../domain/log-entry.ts";
import { comparePoints, type JournalPoint } from "../source/journal-point.ts";
import type { WholeLine } from "./line-joiner.ts";

/** A life-cycle event that looks for its place. */
export type PendingEvent = {
  readonly event: LifecycleEvent;
  readonly invocationId: string;
  readonly message: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Nobody was there. */
  readonly isEstimated?: true;
  /** How far the journal was when it happened. */
  readonly mark: JournalPoint;
};

/** What comes out, in order. `notAfter`: the time of the next line, in milliseconds; infinite when there is none yet. */
export type SequencerOutput = {
  line(line: WholeLine): void;
  event(event: PendingEvent, notAfter: number): void;
  /** The lines of these invocations have been started by an event. */
  isStarted(invocationId: string): boolean;
  /** Something came out that nobody has asked for. */
  late(): void;
  /** Too much waits for {@link Sequencer.release}. */
  full(): void;
};

/**
 * So long the lines of an invocation wait for its STARTED. D-Bus tells it within milliseconds, but what PID 1 had not told when
 * it read its files anew is found by a comparison, which takes seconds on a machine at its limits.
 */
const patienceMs = 5000;
/** More than that does not wait. */
const mostHeld = { lines: 4096, bytes: 4 * 1024 * 1024 };

/**
 * Puts an instance's lines, which come from journald, and its life-cycle events, which come from D-Bus, into one order:
 * STARTED before all lines of its invocation, EXITED behind all of them, every other event behind what the journal had
 * when it happened. Events stay in the order of their coming, lines in that of the journal.
 */
export class Sequencer {
  readonly #output: SequencerOutput;
  #lines: WholeLine[] = [];
  #bytes = 0;
  #events: PendingEvent[] = [];
  readonly #settled = new Set<PendingEvent>();
  /** Invocations whose STARTED did not come. */
  readonly #trusted = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #isHeld = false;

  constructor(output: SequencerOutput) {
    this.#output = output;
  }

  /** The events that wait, in order. */
  get waiting(): readonly PendingEvent[] {
    return this.#events;
  }

  /** Nothing comes out until {@link release}. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Ends that. @param told have come out by another way @param first comes before all that waits */
  release(told: ReadonlySet<PendingEvent>, first: readonly PendingEvent[]): void {
    this.#isHeld = false;
    this.#events = [...first, ...this.#events.filter((event) => !told.has(event))];
    this.#advance();
  }

  addLine(line: WholeLine): void {
    this.#lines.push(line);
    this.#bytes += line.size;
    if (this.#isHeld && this.#isFull(this.#lines.length)) this.#output.full();
    if (this.#lines.length === 1 || this.#isFull(this.#lines.length)) this.#advance();
  }

  addEvent(event: PendingEvent): void {
    this.#events.push(event);
    this.#advance();
  }

  /** All lines that come before an event have come. */
  settle(event: PendingEvent): void {
    this.#settled.add(event);
    this.#advance();
  }

  /** Lines wait no longer. */
  flush(): void {
    this.#advance(true);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #isFull(held: number): boolean {
    return held > mostHeld.lines || this.#bytes > mostHeld.bytes;
  }

  /** @param isFlush whether a line that is held is reason enough to go on */
  #advance(isFlush = false): void {
    if (this.#isHeld) return;
    let taken = 0;
    for (;;) {
      const line = this.#lines[taken];
      const next = this.#next(line, (isFlush && line !== undefined) || this.#isFull(this.#lines.length - taken));
      if (next === "wait") break;
      if (next === "event") this.#emitEvent(line);
      else if (line !== undefined) {
        taken += 1;
        this.#bytes -= line.size;
        this.#output.line(line);
      }
    }
    if (taken > 0) this.#lines = this.#lines.slice(taken);
    this.#expectStarted();
  }

  #next(line: WholeLine | undefined, isPressing: boolean): "line" | "event" | "wait" {
    const event = this.#events[0];
    if (event === undefined) return line !== undefined && (isPressing || this.#isStarted(line)) ? "line" : "wait";
    if (line !== undefined && this.#isBefore(line, event)) return "line";
    // Late lines of an invocation may still hide behind those of others.
    const isPlaced = line !== undefined && event.event !== "EXITED";
    return isPlaced || isPressing || this.#settled.has(event) ? "event" : "wait";
  }

  #isBefore(line: WholeLine, event: PendingEvent): boolean {
    if (!this.#isStarted(line)) return false;
    if (event.event === "EXITED" && (line.invocationId === event.invocationId || line.invocationId === "")) return true;
    return comparePoints(line.cursor, event.mark) <= 0;
  }

  #isStarted({ invocationId }: WholeLine): boolean {
    return this.#trusted.has(invocationId) || this.#output.isStarted(invocationId);
  }

  #emitEvent(next: WholeLine | undefined): void {
    const event = this.#events.shift();
    if (event === undefined) return;
    this.#settled.delete(event);
    this.#output.event(event, next === undefined ? Number.POSITIVE_INFINITY : next.cursor.time / 1000);
  }

  /** Lines whose STARTED does not come are not kept back for ever. */
  #expectStarted(): void {
    const line = this.#lines[0];
    clearTimeout(this.#timer);
    if (line === undefined || this.#events.length > 0) return;
    this.#timer = setTimeout(() => {
      this.#trusted.clear();
      this.#trusted.add(line.invocationId);
      this.#advance();
      this.#output.late();
    }, patienceMs).unref();
  }
}

import { appendFileSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { LifecycleEvent } from "../../../domain/log-entry.ts";
import { TimeMarks } from "./time-marks.ts";

/** An event that stands at a byte of an invocation's output; those at the same byte are in order. */
export type SegmentEvent = {
  readonly offset: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly event: LifecycleEvent;
  readonly message: string;
};

/** A line of the events file. */
type EventsLine = { readonly invocation: string } | { readonly trimmed: number } | { readonly ended: true } | SegmentEvent;

/**
 * The log of one invocation, three files: `<seq>.log` is what the game wrote, byte for byte; `<seq>.marks` says when it
 * was seen; `<seq>.events` says whose it is, what happened, how much of the head was trimmed, and whether it has ended.
 */
export class LogSegment {
  readonly seq: number;
  readonly path: string;
  readonly eventsPath: string;
  readonly marks: TimeMarks;
  #invocationId = "";
  #events: SegmentEvent[] = [];
  #trimmed = 0;
  #ended = false;
  #visible: number;

  constructor(directory: string, seq: number) {
    this.seq = seq;
    this.path = join(directory, `${seq}.log`);
    this.eventsPath = join(directory, `${seq}.events`);
    this.marks = new TimeMarks(join(directory, `${seq}.marks`));
    for (const line of readEvents(this.eventsPath)) this.#apply(line);
    this.#visible = Math.min(this.size(), this.marks.last()?.offset ?? 0);
  }

  get invocationId(): string {
    return this.#invocationId;
  }
  get events(): readonly SegmentEvent[] {
    return this.#events;
  }
  /** What lies before this byte is gone. */
  get trimmed(): number {
    return this.#trimmed;
  }
  /** Whether nothing more will be written to it. */
  get ended(): boolean {
    return this.#ended;
  }
  /** Up to here it has been seen, and may be shown. */
  get visible(): number {
    return this.#visible;
  }

  /** The size of the output now, in bytes; 0 when there is none. */
  size(): number {
    return statSync(this.path, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** When the output was written last, in milliseconds since 1970. */
  writtenAt(): number {
    return statSync(this.path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  }

  /** How many events stand at a byte. */
  eventsAt(offset: number): number {
    return this.#events.reduce((count, event) => (event.offset === offset ? count + 1 : count), 0);
  }

  /** Stamps what came since the last time. Returns whether anything did. */
  see(time: number, estimated: boolean): boolean {
    const size = this.size();
    if (size <= this.#visible) return false;
    this.marks.append({ offset: size, time, estimated });
    this.#visible = size;
    return true;
  }

  belongTo(invocation: string): void {
    this.#write({ invocation });
  }
  /** An end is dated by the init, lines by us when we read them: an event behind a line is never dated before it. */
  addEvent(event: SegmentEvent): void {
    this.#write({ ...event, time: Math.max(event.time, this.marks.last()?.time ?? 0) });
  }
  end(): void {
    this.#write({ ended: true });
  }
  trim(offset: number): void {
    this.#write({ trimmed: offset });
  }

  #write(line: EventsLine): void {
    this.#apply(line);
    appendFileSync(this.eventsPath, `${JSON.stringify(line)}\n`, { mode: 0o600 });
  }

  #apply(line: EventsLine): void {
    if ("invocation" in line) this.#invocationId = line.invocation;
    else if ("ended" in line) this.#ended = true;
    else if ("event" in line) this.#events.push(line);
    else {
      this.#trimmed = line.trimmed;
      this.#events = this.#events.filter((event) => event.offset >= line.trimmed);
    }
  }
}

/** A torn last line (a power loss) is left out. */
function readEvents(path: string): EventsLine[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return [];
  }
  return text.split("\n").flatMap((line) => {
    try {
      return line === "" ? [] : [JSON.parse(line) as EventsLine];
    } catch {
      return [];
    }
  });
}

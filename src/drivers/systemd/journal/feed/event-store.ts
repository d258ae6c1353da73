import { appendFileSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { LifecycleEvent } from "../../../../domain/log-entry.ts";
import { comparePoints, type JournalCursor, type JournalPoint, parseJournalCursor } from "../source/journal-point.ts";

/** A life-cycle event at its place: behind `anchor`, an entry of the journal. */
export type StoredEvent = {
  /** 1 for an instance's first, then without a gap. */
  readonly number: number;
  readonly event: LifecycleEvent;
  readonly invocationId: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Nobody was there: it happened no later than `time`. */
  readonly isEstimated?: true;
  readonly message: string;
  readonly anchor: JournalCursor;
};

/** So many are kept at least; the file is written anew at twice that. */
const kept = 1000;

/**
 * The life-cycle events of one instance: a file of JSON lines that grows at its end, the first of which names the uid.
 * The journal holds the game's lines; this holds what only the host knows. A torn last line (a power cut) does not count.
 */
export class EventStore {
  readonly #path: string;
  readonly #uid: string;
  readonly #log: (message: string) => void;
  #events: StoredEvent[];
  /** Whether the file holds all of them, whole: what could not be written is written with the next event. */
  #isWhole: boolean;

  constructor(path: string, uid: string, log: (message: string) => void) {
    this.#path = path;
    this.#uid = uid;
    this.#log = log;
    ({ events: this.#events, isWhole: this.#isWhole } = load(path, uid));
  }

  /** Oldest first. */
  get events(): readonly StoredEvent[] {
    return this.#events;
  }

  get last(): StoredEvent | undefined {
    return this.#events.at(-1);
  }

  /** The invocation that has started and, as far as the events tell, not ended. */
  get openRun(): string | undefined {
    const id = this.#events.findLast(({ event }) => event === "STARTED")?.invocationId;
    return id === undefined || this.has("EXITED", id) ? undefined : id;
  }

  /** Whether an invocation has had an event. */
  has(event: LifecycleEvent, invocationId: string): boolean {
    return this.#events.some((each) => each.event === event && each.invocationId === invocationId);
  }

  /** Adds an event. A full disk must not end the daemon: then it is kept in memory until there is room. */
  append(event: Omit<StoredEvent, "number">): StoredEvent {
    const stored = { ...event, number: (this.last?.number ?? 0) + 1 };
    this.#events.push(stored);
    if (!this.#isWhole || this.#events.length > 2 * kept) this.#replace();
    else this.#write(() => appendFileSync(this.#path, encode(stored), { mode: 0o600 }));
    return stored;
  }

  /** The events behind the one with this number. */
  after(number: number): readonly StoredEvent[] {
    const first = this.#events[0]?.number ?? 0;
    return this.#events.slice(Math.max(0, number + 1 - first));
  }

  /** The number of the last event at or before a place: a position there has passed no other. */
  numberAt(place: JournalPoint): number {
    const [first] = this.#events;
    if (first === undefined) return 0;
    return this.#events.findLast(({ anchor }) => comparePoints(anchor, place) <= 0)?.number ?? first.number - 1;
  }

  /** No event lies behind the end of the journal, unless a power cut took the lines around it: then it stands at the end. */
  settleAt(end: JournalCursor): void {
    const isBehind = ({ anchor }: StoredEvent) => end.sequence !== 0 && comparePoints(anchor, end) > 0;
    if (!this.#events.some(isBehind)) return;
    this.#events = this.#events.map((event) => (isBehind(event) ? { ...event, anchor: end } : event));
    this.#replace();
  }

  /** Deletes the file. */
  remove(): void {
    rmSync(this.#path, { force: true });
  }

  /** A power cut leaves the old file or the new one; the first one replaces none. */
  #replace(): void {
    this.#events = this.#events.slice(-kept);
    const text = [`${JSON.stringify({ uid: this.#uid })}\n`, ...this.#events.map(encode)].join("");
    this.#write(() => {
      try {
        writeFileSync(`${this.#path}.new`, text, { mode: 0o600, flush: this.#events.length > 1 });
        renameSync(`${this.#path}.new`, this.#path);
      } catch (error) {
        rmSync(`${this.#path}.new`, { force: true });
        throw error;
      }
    });
  }

  #write(work: () => void): void {
    try {
      work();
      this.#isWhole = true;
    } catch (error) {
      this.#isWhole = false;
      this.#log(`an event could not be kept in ${this.#path}: ${error}`);
    }
  }
}

function encode({ anchor, ...event }: StoredEvent): string {
  return `${JSON.stringify({ ...event, anchor: anchor.text })}\n`;
}

/** A file that is not there, another's, or torn at its end is not whole: what is added would be lost with it. */
function load(path: string, uid: string): { events: StoredEvent[]; isWhole: boolean } {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return { events: [], isWhole: false };
  }
  const end = text.lastIndexOf("\n") + 1;
  const [header, ...lines] = text.slice(0, end).split("\n");
  if (header !== JSON.stringify({ uid })) return { events: [], isWhole: false };
  return { events: lines.flatMap((line) => decode(line) ?? []), isWhole: end === text.length };
}

function decode(line: string): StoredEvent | undefined {
  if (line === "") return undefined;
  try {
    const { anchor, ...event } = JSON.parse(line) as Omit<StoredEvent, "anchor"> & { anchor: string };
    const cursor = parseJournalCursor(anchor);
    return cursor === undefined ? undefined : { ...event, anchor: cursor };
  } catch {
    return undefined;
  }
}

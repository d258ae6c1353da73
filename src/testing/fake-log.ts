import { HostError } from "../domain/host-error.ts";
import { batchLimits, type LogEntry, type LogGapReason, type LogPiece, type LogStart } from "../domain/log-entry.ts";
import { Waiters } from "../host/streams/waiters.ts";

/** Entries that a log keeps; older ones are told as a gap. */
const capacity = 100_000;

/** A place where entries are missing. It counts as one entry. */
type Hole = { readonly lost: number | undefined; readonly reason: LogGapReason };

/** The log of one fake instance: an array. A position is the number of entries before it. */
export class FakeLog {
  #entries: (LogEntry | Hole)[] = [];
  /** The number of the first kept entry. */
  #first = 0;
  readonly #waiters = new Waiters();
  #closed = false;

  append(entry: Omit<LogEntry, "position" | "time" | "timeEstimated">): void {
    this.#add({ ...entry, position: String(this.#end() + 1), time: new Date(), timeEstimated: false });
  }

  /** Leaves a hole behind the newest entry. @param count how many entries are missing; undefined = not known */
  lose(count: number | undefined, reason: LogGapReason): void {
    this.#add({ lost: count, reason });
  }

  #add(entry: LogEntry | Hole): void {
    this.#entries.push(entry);
    if (this.#entries.length > 2 * capacity) {
      this.#first += this.#entries.length - capacity;
      this.#entries = this.#entries.slice(-capacity);
    }
    this.#waiters.wake();
  }

  /** Ends every follower: the instance is gone. */
  close(): void {
    this.#closed = true;
    this.#waiters.wake();
  }

  end(): string {
    const end = this.#end();
    return end === 0 ? "" : String(end);
  }

  async *read(start: LogStart, follow: boolean, signal: AbortSignal): AsyncGenerator<LogPiece> {
    const { from, only } = this.#resolve(start);
    let next = from;
    while (!signal.aborted) {
      if (next < this.#first) {
        yield { type: "gap", lost: this.#first - next, reason: "TRIMMED", position: String(this.#first) };
        next = this.#first;
      }
      const hole = this.#entries[next - this.#first];
      if (hole !== undefined && isHole(hole)) {
        next += 1;
        yield { type: "gap", ...(hole.lost === undefined ? {} : { lost: hole.lost }), reason: hole.reason, position: String(next) };
        continue;
      }
      const entries = this.#upToHole(next - this.#first);
      next += entries.length;
      const selected = only === undefined ? entries : entries.filter(({ invocationId }) => invocationId === only);
      if (selected.length > 0) yield { type: "batch", entries: selected, isLatest: follow && next === this.#end() };
      else if (entries.length === 0) {
        if (!follow || this.#closed) return;
        if (only !== undefined && this.#hasEnded(only)) return;
        await this.#waiters.wait(signal);
      }
    }
  }

  #upToHole(index: number): LogEntry[] {
    const entries: LogEntry[] = [];
    for (const entry of this.#entries.slice(index, index + batchLimits.entries)) {
      if (isHole(entry)) break;
      entries.push(entry);
    }
    return entries;
  }

  #end(): number {
    return this.#first + this.#entries.length;
  }

  #resolve(start: LogStart): { from: number; only?: string } {
    if (start.type === "position") return { from: this.#parse(start.position) };
    const { invocationId: only, since, lines } = start;
    if (only !== undefined && !this.#entries.some((entry) => !isHole(entry) && entry.invocationId === only)) {
      throw new HostError("INVOCATION_NOT_FOUND", `the log holds no invocation ${only}`, { metadata: { invocation: only } });
    }
    const matching = [...this.#entries.keys()].filter((index) => {
      const entry = this.#entries[index] as LogEntry | Hole;
      if (isHole(entry)) return false;
      return (only === undefined || entry.invocationId === only) && (since === undefined || entry.time >= since);
    });
    const index = lines === 0 ? this.#entries.length : (matching.at(-Math.min(lines, matching.length)) ?? this.#entries.length);
    return { from: this.#first + index, ...(only === undefined ? {} : { only }) };
  }

  #parse(position: string): number {
    if (position === "") return 0;
    if (!/^\d{1,15}$/.test(position) || Number(position) > this.#end())
      throw new HostError("INVALID_CURSOR", "the cursor is none of this log; begin without one");
    return Number(position);
  }

  #hasEnded(invocation: string): boolean {
    return this.#entries.some((entry) => !isHole(entry) && entry.event === "EXITED" && entry.invocationId === invocation);
  }
}

function isHole(entry: LogEntry | Hole): entry is Hole {
  return "lost" in entry;
}

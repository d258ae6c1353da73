import { LifecycleEvent, type LogEntry, type LogGap, LogGapReason } from "../../../src/client/index.ts";
import { enumName } from "../enum-name.ts";
import { lineNumber } from "../line-game.ts";

/** What one follower's ledger comes to. */
export type LedgerFigures = {
  readonly lines: number;
  /** Lines that are missing inside gaps that declare them. */
  readonly declared: number;
  /** Lines that are missing, and no gap says so. */
  readonly unexplained: number;
  readonly duplicates: number;
  /** Gaps by their reasons. */
  readonly gaps: Readonly<Record<string, number>>;
  /** Gaps of unknown size that no line was missing in. */
  readonly needlessGaps: number;
};

/** Gaps that a host may have to declare; no instance is replaced here. */
const expectedReasons: ReadonlySet<string> = new Set(["SLOW_CLIENT", "TRIMMED", "STORAGE_LOST"]);

/** Entries of the host's own that may stand before the first line (STARTED), and behind the last one (STOPPING). */
const eventsAround = 1;

/** So many problems of one follower are worth reading. */
const toldProblems = 5;

/**
 * Keeps account of what one follower was told of one game that prints the lines 1 to `expected` and is then stopped: every
 * line once and in order, or the missing ones inside a gap that counts them or says that it cannot.
 */
export class LineLedger {
  /** EXITED has been told: nothing follows. */
  isOver = false;
  last = 0;
  readonly problems: string[] = [];
  readonly #expected: number;
  readonly #gaps: Record<string, number> = {};
  #lines = 0;
  #declared = 0;
  #unexplained = 0;
  #duplicates = 0;
  #needless = 0;
  #invocation = "";
  /** What the gaps since the last line have declared; `lost` undefined = unknown. */
  #pending: { readonly lost: number | undefined } | undefined;

  constructor(expected: number) {
    this.#expected = expected;
  }

  get figures(): LedgerFigures {
    return {
      lines: this.#lines,
      declared: this.#declared,
      unexplained: this.#unexplained,
      duplicates: this.#duplicates,
      gaps: this.#gaps,
      needlessGaps: this.#needless,
    };
  }

  entry({ message, event, invocationId }: Pick<LogEntry, "message" | "event" | "invocationId">): void {
    if (this.isOver) this.#tell(`${JSON.stringify(message.slice(0, 80))} stands behind EXITED`);
    if (this.#invocation === "") this.#invocation = invocationId;
    if (invocationId !== this.#invocation) this.#tell(`the game ran again: ${invocationId} behind ${this.#invocation}`);
    if (event === LifecycleEvent.EXITED) {
      this.#hole(this.#expected + 1);
      this.isOver = true;
    } else if (event === LifecycleEvent.NONE) this.#line(message);
  }

  gap({ lost, reason }: Pick<LogGap, "lost" | "reason">): void {
    const name = enumName(LogGapReason, reason);
    this.#gaps[name] = (this.#gaps[name] ?? 0) + 1;
    if (!expectedReasons.has(name)) this.#tell(`a gap because of ${name} behind line ${this.last}`);
    const before = this.#pending === undefined ? 0 : this.#pending.lost;
    this.#pending = { lost: before === undefined || lost === undefined ? undefined : before + Number(lost) };
  }

  #line(message: string): void {
    const number = lineNumber(message);
    if (number === undefined) return this.#tell(`behind line ${this.last} comes ${JSON.stringify(message.slice(0, 80))}`);
    if (number <= this.last) {
      this.#duplicates += 1;
      return this.#tell(`line ${number} comes behind line ${this.last}`);
    }
    this.#hole(number);
    this.last = number;
    this.#lines += 1;
  }

  /** What lies between the last line and the next thing that came. */
  #hole(next: number): void {
    const missing = next - this.last - 1;
    const gap = this.#pending;
    this.#pending = undefined;
    if (gap === undefined) {
      if (missing > 0) this.#unexplain(missing, `lines ${this.last + 1} to ${next - 1} are missing without a gap`);
      return;
    }
    if (gap.lost === undefined) {
      if (missing === 0) this.#needless += 1;
      this.#declared += missing;
      return;
    }
    const events = (this.last === 0 ? eventsAround : 0) + (next > this.#expected ? eventsAround : 0);
    const text = `between the lines ${this.last} and ${next} are missing ${missing}; the gaps there say ${gap.lost}`;
    this.#declared += Math.min(missing, gap.lost);
    if (gap.lost < missing) this.#unexplain(missing - gap.lost, text);
    else if (gap.lost > missing + events) this.#tell(text);
  }

  #unexplain(count: number, text: string): void {
    this.#unexplained += count;
    this.#tell(text);
  }

  #tell(problem: string): void {
    if (this.problems.length < toldProblems) this.problems.push(problem);
  }
}

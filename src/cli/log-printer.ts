import { LifecycleEvent, type LogEntry, LogEntrySchema, type LogGap, LogGapReason, LogGapSchema } from "../client/index.ts";
import { dateOf, wordOf } from "./contract-words.ts";
import type { ExitCode } from "./exit-code.ts";
import { failureDocument } from "./failure-document.ts";
import { messageJson, printJsonLine } from "./json-output.ts";
import { printable, type Terminal } from "./terminal.ts";

/** How entries are shown: with the time, the text alone, or as JSON lines. */
export type LogStyle = "timed" | "plain" | "json";

/**
 * Prints a log, every entry at once.
 *
 * `timed`: `HH:MM:SS text` in local time, `HH:MM:SS~` where the host estimated it. `plain`: the text alone, on anything but
 * a terminal with the original bytes. Events of the life cycle stand behind `--- `. `json`: a LogEntry of the contract a
 * line; a gap is `{"gap": LogGap}`. Gaps also go to standard error.
 */
export class LogPrinter {
  readonly #terminal: Terminal;
  readonly #style: LogStyle;
  /** The last entry was a part of a long line: the next one continues it. */
  #isContinued = false;
  #last: LogEntry | undefined;

  constructor(terminal: Terminal, style: LogStyle) {
    this.#terminal = terminal;
    this.#style = style;
  }

  entry(entry: LogEntry): void {
    this.#last = entry;
    if (this.#style === "json") return printJsonLine(this.#terminal, messageJson(LogEntrySchema, entry));
    const prefix = this.#isContinued || this.#style === "plain" ? "" : timeOf(entry);
    const isEvent = entry.event !== LifecycleEvent.UNSPECIFIED && entry.event !== LifecycleEvent.NONE;
    const end = entry.partial ? "" : "\n";
    this.#isContinued = entry.partial;
    if (isEvent) this.#terminal.out(`${prefix}--- ${printable(entry.message || wordOf(LifecycleEvent, entry.event).toLowerCase())}${end}`);
    else if (this.#style === "plain" && !this.#terminal.isOutTty && entry.raw.length > 0)
      this.#terminal.out(Buffer.concat([entry.raw, Buffer.from(end)]));
    else this.#terminal.out(`${prefix}${this.#terminal.isOutTty ? printable(entry.message) : entry.message}${end}`);
  }

  gap(gap: LogGap): void {
    if (this.#style === "json") printJsonLine(this.#terminal, { gap: messageJson(LogGapSchema, gap) });
    const lost = gap.lost === undefined ? "an unknown number of lines" : gap.lost === 1n ? "1 line" : `${gap.lost} lines`;
    this.notice(`${lost} lost (${gapReasons[gap.reason] ?? wordOf(LogGapReason, gap.reason)})`);
  }

  /** The end of the stream that nobody here wanted: a remark, and with `json` the document of a failure. Returns the exit code. */
  end(text: string, error: Error, exitCode: ExitCode): ExitCode {
    if (this.#style === "json") printJsonLine(this.#terminal, failureDocument(error, this.#terminal));
    this.notice(text);
    return exitCode;
  }

  /** What came last, for people. */
  seen(): string {
    return this.#last === undefined ? "no entry came" : `the last entry came at ${timeOf(this.#last).slice(0, -1)}`;
  }

  /** A remark about the stream itself, to standard error. */
  notice(text: string): void {
    this.#terminal.err(`=== ${printable(text)} ===\n`);
  }
}

const gapReasons: Readonly<Record<number, string>> = {
  [LogGapReason.SLOW_CLIENT]: "this reader was too slow",
  [LogGapReason.TRIMMED]: "the log was trimmed",
  [LogGapReason.INSTANCE_REPLACED]: "another instance has the name now; its log begins here",
  [LogGapReason.STORAGE_LOST]: "the log's storage was lost",
};

function timeOf({ time, timeEstimated }: LogEntry): string {
  const date = dateOf(time);
  if (date === undefined) return "--:--:-- ";
  const [hours, minutes, seconds] = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, "0"));
  return `${hours}:${minutes}:${seconds}${timeEstimated ? "~" : " "}`;
}

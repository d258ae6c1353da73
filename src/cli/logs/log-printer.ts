import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { LifecycleEvent, type LogEntry, LogEntrySchema, type LogGap, LogGapReason, LogGapSchema } from "../../client/index.ts";
import type { ExitCode } from "../failures/exit-code.ts";
import { failureDocument } from "../failures/failure-document.ts";
import { momentOf } from "../output/clock.ts";
import { dateOf, wordOf } from "../output/contract-words.ts";
import { messageJson, printJsonLine } from "../output/json-output.ts";
import { printNotice } from "../output/notice.ts";
import { printable, type Terminal } from "../output/terminal.ts";
import { isEvent } from "./log-filter.ts";
import type { LogSource } from "./log-source.ts";

/** How entries are shown: with the time, the text alone, or as JSON lines. */
export type LogStyle = "timed" | "plain" | "json";

/**
 * Prints a log, every entry at once.
 *
 * `timed`: `HH:MM:SS text` in local time, `YYYY-MM-DD HH:MM:SS text` when that is another day than the one on which the command
 * began, `HH:MM:SS~` where the host estimated it. `plain`: the text alone, on anything but
 * a terminal with the original bytes. Events of the life cycle stand behind `--- `. `json`: a LogEntry of the contract a
 * line; a gap is `{"gap": LogGap}`. Gaps also go to standard error.
 *
 * With a source, every line begins with its prefix, every document has its name as `instance`, and the pieces of a long line
 * are lines of their own, because another log's may come between them.
 */
export class LogPrinter {
  readonly #terminal: Terminal;
  readonly #style: LogStyle;
  readonly #source: LogSource | undefined;
  /** The last entry was a part of a long line: the next one continues it. */
  #isContinued = false;
  #last: LogEntry | undefined;
  readonly #began = new Date();

  constructor(terminal: Terminal, style: LogStyle, source?: LogSource) {
    this.#terminal = terminal;
    this.#style = style;
    this.#source = source;
  }

  /** The entry that was printed last. */
  get last(): LogEntry | undefined {
    return this.#last;
  }

  entry(entry: LogEntry): void {
    this.#last = entry;
    if (this.#style === "json") return this.#document(messageJson(LogEntrySchema, entry));
    if (isEvent(entry)) this.#endLine();
    const start = this.#isContinued ? "" : `${this.#source?.prefix ?? ""}${this.#style === "plain" ? "" : timeOf(entry, this.#began)}`;
    this.#isContinued = entry.partial && this.#source === undefined;
    const end = this.#isContinued ? "" : "\n";
    if (isEvent(entry))
      this.#terminal.out(`${start}--- ${printable(entry.message || wordOf(LifecycleEvent, entry.event).toLowerCase())}${end}`);
    else if (this.#style === "plain" && !this.#terminal.isOutTty && entry.raw.length > 0)
      this.#terminal.out(Buffer.concat([Buffer.from(start), entry.raw, Buffer.from(end)]));
    else this.#terminal.out(`${start}${this.#terminal.isOutTty ? printable(entry.message) : entry.message}${end}`);
  }

  gap(gap: LogGap): void {
    this.#endLine();
    if (this.#style === "json") this.#document({ gap: messageJson(LogGapSchema, gap) });
    const lost = gap.lost === undefined ? "an unknown number of lines" : gap.lost === 1n ? "1 line" : `${gap.lost} lines`;
    const subject = this.#source === undefined ? "" : `${this.#source.name}: `;
    this.notice(`${subject}${lost} lost (${gapReasons[gap.reason] ?? wordOf(LogGapReason, gap.reason)})`);
  }

  /** The document of a failure that is reported elsewhere; nothing without `json`. */
  failure(error: unknown): void {
    if (this.#style === "json") this.#document(failureDocument(error, this.#terminal));
  }

  /** The end of the stream that nobody here wanted: a remark, and with `json` the document of a failure. Returns the exit code. */
  end(text: string, error: Error, exitCode: ExitCode): ExitCode {
    this.failure(error);
    this.notice(text);
    return exitCode;
  }

  /** A remark about the stream itself, to standard error. */
  notice(text: string): void {
    printNotice(this.#terminal, text);
  }

  /** What comes next is no continuation: the rest of the line is lost, or an event stands before it. */
  #endLine(): void {
    if (this.#isContinued) this.#terminal.out("\n");
    this.#isContinued = false;
  }

  #document(document: JsonValue): void {
    const { name } = this.#source ?? {};
    printJsonLine(this.#terminal, name === undefined ? document : { instance: name, ...(document as JsonObject) });
  }
}

const gapReasons: Readonly<Record<number, string>> = {
  [LogGapReason.SLOW_CLIENT]: "this reader was too slow",
  [LogGapReason.TRIMMED]: "the log was trimmed",
  [LogGapReason.INSTANCE_REPLACED]: "another instance has the name now; its log begins here",
  [LogGapReason.STORAGE_LOST]: "the log's storage was lost",
};

function timeOf({ time, timeEstimated }: LogEntry, today: Date): string {
  const date = dateOf(time);
  return date === undefined ? "--:--:-- " : `${momentOf(date, today)}${timeEstimated ? "~" : " "}`;
}

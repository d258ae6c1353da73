import { LifecycleEvent, type LogEntry } from "../../client/index.ts";
import { UsageError } from "../failures/usage-error.ts";

/** The expression of `--grep`: JavaScript's syntax, upper and lower case differ. @throws UsageError */
export function parsePattern(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new UsageError(`--grep takes a regular expression: ${(error as Error).message}`);
  }
}

/**
 * Chooses the entries of one log that `--grep` shows: those whose message matches, and all events of the life cycle. Without a
 * pattern it chooses all.
 *
 * Of a line that came in pieces it shows what begins with the first piece that matches, so that no piece stands without its end,
 * unless a gap or an event comes between.
 */
export class LogFilter {
  readonly #pattern: RegExp | undefined;
  /** The last entry was shown and was a piece of a long line: the next one is its continuation. */
  #isContinued = false;

  constructor(pattern: RegExp | undefined) {
    this.#pattern = pattern;
  }

  shows(entry: LogEntry): boolean {
    const isShown = this.#isContinued || isEvent(entry) || this.#pattern?.test(entry.message) !== false;
    this.#isContinued = isShown && entry.partial;
    return isShown;
  }

  /** Entries are lost: the next one continues none that was shown. */
  gap(): void {
    this.#isContinued = false;
  }
}

/** Whether the host wrote the entry, to tell of the life cycle. */
export function isEvent({ event }: LogEntry): boolean {
  return event !== LifecycleEvent.UNSPECIFIED && event !== LifecycleEvent.NONE;
}

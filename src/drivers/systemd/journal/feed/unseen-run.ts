import type { JournalCursor } from "../source/journal-point.ts";

/** A run of a game of which no event tells, as its lines in the journal show it. */
export type UnseenRun = {
  readonly invocationId: string;
  /** The entry before its first line. */
  readonly behind: JournalCursor;
  /** When it wrote that, in milliseconds since 1970. */
  readonly first: number;
};

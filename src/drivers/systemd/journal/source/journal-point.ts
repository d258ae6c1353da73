/**
 * A place in the journal: an entry, or a moment. journald numbers the entries of a namespace; the numbers go on over
 * rotation and restarts, and begin anew (with another id) only when its state was lost. Then time decides.
 */
export type JournalPoint = {
  /** Of the numbering: 32 hexadecimal digits; empty for a moment. */
  readonly sequenceId: string;
  /** 0 for a moment. */
  readonly sequence: number;
  /** Microseconds since 1970, as journald took them. */
  readonly time: number;
};

/** An entry's place, and the text by which journalctl finds it again. */
export type JournalCursor = JournalPoint & { readonly text: string };

const grammar = /^s=([0-9a-f]{32});i=([0-9a-f]{1,13});b=[0-9a-f]{32};m=[0-9a-f]{1,16};t=([0-9a-f]{1,13});x=[0-9a-f]{1,16}$/;
const noId = "0".repeat(32);

/** Reads a cursor; undefined when it is none. Source of the format: sd_journal_get_cursor(3), which calls it opaque. */
export function parseJournalCursor(text: string): JournalCursor | undefined {
  const match = grammar.exec(text);
  if (match === null) return undefined;
  const [, id = "", sequence = "", time = ""] = match;
  // The text of a moment, which has no number, holds one.
  const numbered = id === noId ? { sequenceId: "", sequence: 0 } : { sequenceId: id, sequence: Number.parseInt(sequence, 16) };
  return { ...numbered, time: Number.parseInt(time, 16), text };
}

/**
 * A cursor for a moment, in microseconds since 1970: journalctl knows nothing of what it names and so seeks by its time.
 * Not for `--follow`, which then begins at the start of the journal when there is nothing later.
 */
export function momentCursor(time: number): JournalCursor {
  const at = Math.max(1, Math.floor(time));
  return { sequenceId: "", sequence: 0, time: at, text: `s=${noId};i=1;b=${noId};m=1;t=${at.toString(16)};x=0` };
}

/** Negative when `a` comes before `b`. */
export function comparePoints(a: JournalPoint, b: JournalPoint): number {
  return a.sequenceId === b.sequenceId && a.sequence !== 0 && b.sequence !== 0 ? a.sequence - b.sequence : a.time - b.time;
}

import type { JournalCursor } from "./journal-point.ts";

/** An entry of the journal that a game wrote. */
export type JournalLine = {
  readonly cursor: JournalCursor;
  /** 32 hexadecimal digits; empty when the process was gone before journald could look. */
  readonly invocationId: string;
  /** Invalid UTF-8 replaced by U+FFFD. */
  readonly message: string;
  /** The original bytes, only when they are not valid UTF-8. */
  readonly raw?: Uint8Array;
  /** In bytes. */
  readonly size: number;
  /** journald cut it off because the line was too long (LineMax=, 48 KiB): the next entry continues it. */
  readonly isCut: boolean;
};

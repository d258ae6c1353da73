import type { StreamedProcess } from "../../../../exec/stream-process.ts";
import type { JournalCursor } from "./journal-point.ts";

/** What can be asked of the namespace's journal; every answer is in the export format. */
export type JournalSource = {
  /** Every entry behind a cursor and then what comes; without one: from the last entry on, which comes first. */
  follow(after: JournalCursor | undefined): Promise<StreamedProcess>;
  /** The entries of some instances behind a cursor and then what comes, where the source can select them. May tell older ones as well. */
  followSome?(names: readonly string[], after: JournalCursor): Promise<StreamedProcess>;
  /** The last so many entries of an instance. @param invocationId of this one alone */
  last(name: string, entries: number, invocationId?: string): Promise<StreamedProcess>;
  /**
   * The entries of an instance behind a cursor. May tell older ones as well: journalctl begins elsewhere, with exit code
   * 0, when the cursor's entry is gone.
   * @param invocationId only these, where the source can select them; else more
   */
  after(name: string, cursor: JournalCursor, invocationId?: string): Promise<StreamedProcess>;
};

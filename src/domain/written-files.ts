import { toldFiles } from "./told-files.ts";

/** What a game has written since its last reset; the contract's WrittenFiles. */
export type WrittenFiles = {
  /** By path; as many as {@link toldFiles} leaves. */
  readonly files: readonly WrittenFile[];
  /** There are more than `files` holds. */
  readonly truncated: boolean;
};

/** A file that a game has written or deleted. */
export type WrittenFile = {
  /** Relative to the game directory. */
  readonly path: string;
  /** A layer below has it, and the game does not see it. */
  readonly deleted: boolean;
  /** 0 for a deleted one. */
  readonly sizeBytes: number;
  /** Undefined for a deleted one. */
  readonly changeTime?: Date;
};

/** Sorts what was found, and leaves what an answer can hold. @param isPartial whether there is more than was found */
export function writtenFilesOf(found: readonly WrittenFile[], isPartial: boolean): WrittenFiles {
  const files = toldFiles(found.toSorted((a, b) => (a.path < b.path ? -1 : 1)));
  return { files, truncated: isPartial || files.length < found.length };
}

import { type WrittenFile, type WrittenFiles, writtenFilesOf } from "../../../domain/written-files.ts";
import { type TreeEntry, walkTree } from "../../../host/files/walk-tree.ts";

/** How much of upper is looked at. A game may write as many files as it likes. */
const mostEntries = 50_000;

/**
 * What a game has changed, from its upper directory: files that it wrote, and whiteouts for what it deleted. The game may
 * run, and be hostile: nothing of its is followed or opened.
 *
 * @returns undefined when upper may not be read
 */
export async function writtenFiles(upper: string, signal: AbortSignal): Promise<WrittenFiles | undefined> {
  const files: WrittenFile[] = [];
  const end = await walkTree(upper, { budget: { left: mostEntries }, signal }, (entry) => {
    if (entry.type !== "directory") files.push(writtenFile(entry));
  });
  if (end === "refused") return undefined;
  return writtenFilesOf(files, end === "partial");
}

function writtenFile({ path, type, sizeBytes, changeTime }: TreeEntry): WrittenFile {
  if (type === "whiteout") return { path, deleted: true, sizeBytes: 0 };
  return { path, deleted: false, sizeBytes, changeTime: new Date(changeTime) };
}

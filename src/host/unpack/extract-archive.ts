import type { Upload } from "../api.ts";
import { explainDiskFull } from "../files/disk-full.ts";
import { emptyDirectory } from "../files/empty-directory.ts";
import { syncTree } from "../files/sync-tree.ts";
import { isExecutable, type TreeOwner } from "../files/tree-owner.ts";
import { abortable } from "./abortable.ts";
import { announcedBytes } from "./announced-bytes.ts";
import { type ArchiveLimits, defaultArchiveLimits, uploadTooLarge } from "./archive-limits.ts";
import { checkLinkTarget, entryPath } from "./entry-path.ts";
import { type TarEntry, tarEntries } from "./tar-entries.ts";
import { TreeLedger, type TreeSummary } from "./tree-ledger.ts";
import { TreeWriter } from "./tree-writer.ts";
import { unpackedBytes } from "./unpacked-bytes.ts";

/** Options of {@link extractArchive}. */
export type ExtractOptions = {
  /** Default: {@link defaultArchiveLimits}. */
  readonly limits?: Partial<ArchiveLimits> | undefined;
  /** Default: the process itself. */
  readonly owner?: TreeOwner | undefined;
  /** Ends the extraction; the promise then rejects with the signal's reason. Default: none. */
  readonly signal?: AbortSignal;
};

/**
 * Unpacks an uploaded tar archive into `target`, an absolute, empty directory that nobody else can reach.
 *
 * Files become 0664, or 0775 when anybody could execute them, directories 0775; owners, times and extended attributes of
 * the archive are ignored. What could reach out of the tree or is neither file, directory nor symbolic link is refused;
 * hard links become copies; a later entry replaces an earlier one of the same name and type. The content is on the disk when
 * the promise resolves; when it rejects, `target` is empty again.
 * @throws HostError UPLOAD_REFUSED (metadata `entry`, `problem`), UPLOAD_TOO_LARGE (`limit`, `maximum`), DISK_FULL; what the
 * upload throws
 */
export async function extractArchive(upload: Upload, target: string, options: ExtractOptions = {}): Promise<TreeSummary> {
  const limits = { ...defaultArchiveLimits, ...options.limits };
  const ended = new AbortController();
  const signal = AbortSignal.any([ended.signal, ...(options.signal === undefined ? [] : [options.signal])]);
  const ledger = new TreeLedger(limits);
  const writer = new TreeWriter(target, ledger, options.owner);
  try {
    const bytes = unpackedBytes(abortable(announcedBytes(upload), signal), upload.format, limits);
    await writeEntries(tarEntries(bytes), writer, limits, signal);
    await writer.flush();
    const summary = await ledger.summary();
    await syncTree(target, summary.files);
    return summary;
  } catch (error) {
    ended.abort(error);
    await writer.close();
    const explained = await explainDiskFull(error, target);
    await emptyDirectory(target);
    throw explained;
  } finally {
    await writer.close();
  }
}

async function writeEntries(
  entries: AsyncIterable<TarEntry>,
  writer: TreeWriter,
  limits: ArchiveLimits,
  signal: AbortSignal,
): Promise<void> {
  let count = 0;
  for await (const entry of entries) {
    signal.throwIfAborted();
    count += 1;
    if (count > limits.entries) throw uploadTooLarge("entries", limits.entries);
    await writeEntry(entry, writer);
  }
}

async function writeEntry(entry: TarEntry, writer: TreeWriter): Promise<void> {
  const path = entryPath(entry.name, entry.type === "directory");
  switch (entry.type) {
    case "directory":
      return await writer.directory(path);
    case "symlink":
      checkLinkTarget(path, entry.linkName);
      return await writer.symlink(path, entry.linkName);
    case "link":
      return await writer.copy(path, entryPath(entry.linkName, false));
    case "file":
      return await writer.file(path, isExecutable(entry.mode), entry.sizeBytes, entry.content);
  }
}

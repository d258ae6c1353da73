import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Readable } from "node:stream";
import { UploadFormat } from "../../client/index.ts";
import { UsageError } from "../failures/usage-error.ts";
import type { Session } from "../session.ts";
import { readBytes } from "./read-bytes.ts";
import { readInTime } from "./read-in-time.ts";

/** An archive that is ready to be sent. */
export type ArchiveSource = {
  readonly stream: Readable;
  readonly format: UploadFormat;
  /** About so many bytes; undefined = unknown. */
  readonly totalBytes?: number;
  /** Exactly so many, where that is known: a directory is packed on the way. */
  readonly sizeBytes?: number;
};

/** Opens a directory (packed on the way), a tar archive (plain, gzip, zstd) or standard input (`-`). @throws UsageError */
export async function openArchive(session: Pick<Session, "terminal" | "change">, path: string): Promise<ArchiveSource> {
  const { terminal } = session;
  if (path === "-") return { stream: terminal.stdin, format: UploadFormat.UNSPECIFIED };
  const full = resolve(terminal.cwd, path);
  const info = await stat(full).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`cannot read ${path}: ${error.code === "ENOENT" ? "no such file or directory" : error.message}`);
  });
  if (!info.isDirectory())
    return {
      stream: createReadStream(full, { highWaterMark: readBytes }),
      format: UploadFormat.UNSPECIFIED,
      ...(info.isFile() ? { totalBytes: info.size, sizeBytes: info.size } : {}),
    };
  const { listTree, packTree } = await import("./pack-directory.ts");
  const entries = await readInTime(session, `the list of what is in ${path}`, (signal) => listTree(full, signal));
  return {
    stream: packTree(full, entries),
    format: UploadFormat.TAR,
    totalBytes: entries.reduce((sum, { size }) => sum + 512 + Math.ceil(size / 512) * 512, 1024),
  };
}

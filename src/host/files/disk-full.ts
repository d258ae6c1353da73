import { statfs } from "node:fs/promises";
import { HostError } from "../../domain/host-error.ts";

/**
 * Turns "no space left" (ENOSPC) and "quota exceeded" (EDQUOT) into DISK_FULL; every other error is returned as it is.
 *
 * @param path where the writing failed; it or its file system must still exist to tell what is free
 */
export async function explainDiskFull(error: unknown, path: string): Promise<unknown> {
  const code = errorCode(error);
  if (code !== "ENOSPC" && code !== "EDQUOT") return error;
  const { free, inodes } = await roomAt(path);
  const found = code === "EDQUOT" ? "the disk quota is used up" : inodes === 0n ? "no inode is left" : "the file system is full";
  return new HostError(
    "DISK_FULL",
    `${path} cannot be written: ${found} (${free} bytes are free); remove builds or overlays, or enlarge it`,
    {
      metadata: { path, free_bytes: free },
      cause: error,
    },
  );
}

/** The `code` of an error of Node's own, e.g. `ENOENT`; undefined for anything else. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

async function roomAt(path: string): Promise<{ readonly free: string; readonly inodes?: bigint }> {
  try {
    const { bavail, bsize, files, ffree } = await statfs(path, { bigint: true });
    return { free: String(bavail * bsize), ...(files === 0n ? {} : { inodes: ffree }) }; // btrfs counts none
  } catch {
    return { free: "unknown" };
  }
}

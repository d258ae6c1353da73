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
  const free = await freeBytes(path);
  const found = code === "EDQUOT" ? "the disk quota is used up" : "the file system is full";
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

async function freeBytes(path: string): Promise<string> {
  try {
    const { bavail, bsize } = await statfs(path, { bigint: true });
    return String(bavail * bsize);
  } catch {
    return "unknown";
  }
}

import { HostError } from "../../domain/host-error.ts";
import { errorCode, explainDiskFull } from "./disk-full.ts";
import { platformError } from "./platform-error.ts";

/** What a disk or a file system that fails answers, whatever is asked of it. */
const failing: ReadonlySet<string | undefined> = new Set(["EIO", "EUCLEAN", "ENXIO", "ENODEV", "ESTALE"]);

/**
 * Turns what a full disk answers into DISK_FULL, what a failing one answers into DISK_FAILED, and what a read-only one answers into
 * DRIVER_UNAVAILABLE; every other error is returned as it is.
 *
 * @param path where it failed, unless the error says it
 */
export async function explainDiskError(error: unknown, path: string): Promise<unknown> {
  if (errorCode(error) === "EROFS") return platformError(error);
  if (!failing.has(errorCode(error))) return explainDiskFull(error, path);
  const { message, path: told } = error as NodeJS.ErrnoException;
  const where = told ?? path;
  return new HostError("DISK_FAILED", `the disk below ${where} fails: ${message}; the kernel's log says why (journalctl -k)`, {
    metadata: { path: where, problem: message },
    cause: error,
  });
}

/** Whether a failure is the disk's: {@link explainDiskError} has seen it. */
export function isOfDisk(error: unknown): boolean {
  if (!(error instanceof HostError)) return false;
  const { reason, metadata } = error;
  return reason === "DISK_FULL" || reason === "DISK_FAILED" || metadata["problem"] === "root-not-writable";
}

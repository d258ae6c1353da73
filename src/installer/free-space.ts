import { statfsSync } from "node:fs";
import { InstallationFailed } from "./installation-failed.ts";

const fromNothingBytes = 12e9;
const updateBytes = 1e9;

/** What must be free before it begins, in bytes. */
export function neededBytes(isFirst: boolean, setting: number | undefined): number {
  return setting ?? (isFirst ? fromNothingBytes : updateBytes);
}

/** What this process may still write to a directory's file system, in bytes. */
export function freeBytes(directory: string): number {
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize;
}

/** @throws InstallationFailed DISK_FULL when less than `needed` bytes are free */
export function requireSpace(directory: string, needed: number): void {
  if (freeBytes(directory) < needed) throw diskFull(directory, needed);
}

/** The failure for a file system with too little room. @param needed bytes; undefined = not known */
export function diskFull(directory: string, needed: number | undefined, details = {}): InstallationFailed {
  const free = freeBytes(directory);
  const lack = needed === undefined ? undefined : { needed_bytes: String(needed), missing_bytes: String(Math.max(0, needed - free)) };
  return new InstallationFailed("DISK_FULL", { path: directory, needed_bytes: "", free_bytes: String(free), ...lack }, details);
}

import { mkdir, readdir, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { errorCode } from "../files/disk-full.ts";
import { syncDirectory } from "../files/durable-file.ts";

/** Makes the directories of a relative path below `base`, durably. @param path "." makes nothing */
export async function makeDirectories(base: string, path: string): Promise<void> {
  if (path === ".") return;
  await makeDirectories(base, dirname(path));
  try {
    await mkdir(join(base, path), { mode: 0o755 });
    await syncDirectory(dirname(join(base, path)));
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
  }
}

/** Removes the directories of a relative path below `base`, the longest first, as long as they are empty. */
export async function pruneDirectories(base: string, path: string): Promise<void> {
  for (let part = path; part !== "."; part = dirname(part)) {
    if (!(await removeDirectory(join(base, part)))) return;
    await syncDirectory(dirname(join(base, part)));
  }
}

/** Removes a directory that holds nothing but such directories. @returns false when it holds anything else */
export async function removeEmptyDirectories(directory: string): Promise<boolean> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (!entry.isDirectory() || !(await removeEmptyDirectories(join(directory, entry.name)))) return false;
  }
  return await removeDirectory(directory);
}

async function removeDirectory(directory: string): Promise<boolean> {
  try {
    await rmdir(directory);
    return true;
  } catch (error) {
    if (errorCode(error) === "ENOTEMPTY") return false;
    throw error;
  }
}

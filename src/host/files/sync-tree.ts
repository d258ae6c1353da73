import { constants, type Dirent } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { run } from "../../exec/run.ts";
import { syncDirectory } from "./durable-file.ts";

/**
 * Up to so many files are flushed one by one. Measured (ext4, 2.2 KB files): 10 files 8 ms against 11–70 ms for syncfs, 100
 * files 30–78 against 18, 20 000 files 4 400 against 300. syncfs writes what others have dirty too (600 MB: 300 ms), which
 * a few small files should not wait for.
 */
const fewFiles = 32;
const syncTimeoutMs = 30 * 60_000;

/**
 * Puts a whole tree on the disk, names included; the name of the tree itself is its parent's matter.
 *
 * @param files about how many regular files it holds
 * @throws HostError HELPER_FAILED when sync(1) reports an error of the disk
 */
export async function syncTree(tree: string, files: number): Promise<void> {
  if (files <= fewFiles) await syncEach(tree);
  else await run("sync", ["-f", "--", tree], { timeoutMs: syncTimeoutMs });
}

async function syncEach(directory: string): Promise<void> {
  const entries = await readdir(directory, { withFileTypes: true });
  await Promise.all(entries.map((entry) => syncEntry(join(directory, entry.name), entry)));
  await syncDirectory(directory);
}

async function syncEntry(path: string, entry: Dirent): Promise<void> {
  if (entry.isDirectory()) return syncEach(path);
  if (!entry.isFile()) return;
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

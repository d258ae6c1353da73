import { existsSync } from "node:fs";
import { type FileHandle, readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../files/disk-full.ts";
import { holdDirectory, placeOf } from "../files/held-directory.ts";
import { makeDirectory } from "../files/make-directory.ts";
import { removeTree } from "../files/remove-tree.ts";
import { entryTypeAt } from "../files/walk-tree.ts";
import { refuseEntry } from "../unpack/archive-refused.ts";
import { entryPath } from "../unpack/entry-path.ts";

/**
 * Makes every directory of a tree anew and moves what lies in it, because a directory may be opaque: overlayfs marks one that
 * was removed and made again, and then shows nothing of the layers below it. The mark is an extended attribute, of another
 * name with each driver and for root's eyes only in one of them; a new directory has none. It is ours alone, too: whoever was
 * handed one of the old ones by the installer, and holds it open, changes nothing in the new ones.
 *
 * No link is followed, also not one that takes a directory's place meanwhile. Done again after a kill, it goes on where it was: see
 * {@link freshAside}.
 * @throws HostError UPLOAD_REFUSED for what lies too deep, and for what is exchanged meanwhile
 */
export async function makeDirectoriesFresh(tree: string): Promise<void> {
  if (process.platform !== "linux") return; // no overlayfs, and so no marks: there is the fake host only
  const fresh = freshAside(tree);
  await moveInto(tree, fresh, "");
  await removeTree(tree);
  await rename(fresh, tree);
}

/** After a kill: puts the tree back in its place when all of it had been moved. */
export async function finishFresh(tree: string): Promise<void> {
  if (!existsSync(tree) && existsSync(freshAside(tree))) await rename(freshAside(tree), tree);
}

/** Where the directories are made anew. */
export function freshAside(tree: string): string {
  return `${tree}-fresh`;
}

/** @param shown the directory's path in the tree, for messages and their limits */
async function moveInto(from: string, to: string, shown: string): Promise<void> {
  const source = await holdDirectory(from).catch((error: unknown) => {
    throw errorCode(error) === "ENOTDIR" ? refuseEntry(shown, exchanged) : error;
  });
  try {
    await makeDirectory(to, 0o700);
    const target = await holdDirectory(to);
    try {
      await moveEntries(source, target, shown);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function moveEntries(source: FileHandle, target: FileHandle, shown: string): Promise<void> {
  for (const entry of await readdir(placeOf(source), { withFileTypes: true })) {
    const path = entryPath(shown === "" ? entry.name : `${shown}/${entry.name}`, false);
    const [from, to] = [join(placeOf(source), entry.name), join(placeOf(target), entry.name)];
    if (entry.isDirectory()) await moveInto(from, to, path);
    else await moveEntry(from, to, path);
  }
}

async function moveEntry(from: string, to: string, shown: string): Promise<void> {
  await rename(from, to);
  // Somebody may still hold a directory that has come in a file's place.
  if ((await entryTypeAt(to)) === "directory") throw refuseEntry(shown, exchanged);
}

const exchanged = "was exchanged while it was moved";

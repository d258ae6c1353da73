import { existsSync } from "node:fs";
import { chmod, lstat, mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";

/**
 * Makes every directory of a tree anew and moves what lies in it, because a directory may be opaque: overlayfs marks one that
 * was removed and made again, and then shows nothing of the layers below it. The mark is an extended attribute, of another
 * name with each driver and for root's eyes only in one of them; a new directory has none.
 *
 * Done again after a kill, it goes on where it was: see {@link freshAside}.
 */
export async function makeDirectoriesFresh(tree: string): Promise<void> {
  const fresh = freshAside(tree);
  await moveInto(tree, fresh);
  await rm(tree, { recursive: true });
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

async function moveInto(from: string, to: string): Promise<void> {
  // Whoever wrote it may have taken our own right to look into it.
  await chmod(from, 0o700);
  await mkdir(to, { recursive: true, mode: 0o700 });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory() && (await lstat(source)).isDirectory()) await moveInto(source, target);
    else await rename(source, target);
  }
}

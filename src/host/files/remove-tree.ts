import { chmod, mkdtemp, readdir, rename, rm, rmdir, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { errorCode } from "./disk-full.ts";

/** How rm fails on a tree whose maker wished it to stay: directories that were closed, or deeper than a path may be long. */
const resisting = ["EACCES", "EPERM", "ENAMETOOLONG", "ENOTEMPTY"];

/**
 * Removes a tree that belongs to us, whatever its maker has done to keep it. What is not there is no failure. Nobody else may write
 * to it meanwhile; links are removed, never followed.
 */
export async function removeTree(tree: string): Promise<void> {
  try {
    await rm(tree, { recursive: true, force: true });
  } catch (error) {
    if (!resisting.includes(errorCode(error) ?? "")) throw error;
    await removeFlat(tree);
  }
}

/** Moves every directory up beside the tree before it looks into it, so that no path is ever long; and opens it. */
async function removeFlat(tree: string): Promise<void> {
  const bin = await mkdtemp(join(dirname(tree), "removed-"));
  const open: string[] = [];
  const takeUp = async (directory: string) => {
    const place = join(bin, String(open.length));
    await chmod(directory, 0o700);
    await rename(directory, place);
    open.push(place);
  };
  await takeUp(tree);
  for (let next = 0; next < open.length; next += 1) {
    const directory = open[next] as string;
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name);
      await (entry.isDirectory() ? takeUp(path) : unlink(path));
    }
    await rmdir(directory);
  }
  await rmdir(bin);
}

import { randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { explainDiskError } from "./disk-error.ts";
import { errorCode } from "./disk-full.ts";
import { removeTree } from "./remove-tree.ts";
import { directoryMode } from "./tree-owner.ts";

/**
 * Gives `work` a private, empty directory to fill, and removes what `work` has not moved away.
 *
 * @param temporary the host's tmp/, on the file system of what is published
 * @param prefix whose staging it is; see {@link sweepStaging}
 */
export async function withStaging<T>(temporary: string, prefix: string, work: (tree: string) => Promise<T>): Promise<T> {
  await mkdir(temporary, { recursive: true, mode: 0o700 });
  // mkdtemp makes it 0700: whoever fills the tree is alone with it.
  const staging = await mkdtemp(join(temporary, `${prefix}-`));
  try {
    const tree = join(staging, "tree");
    await mkdir(tree);
    await chmod(tree, directoryMode);
    return await work(tree);
  } catch (error) {
    throw await explainDiskError(error, temporary);
  } finally {
    // What was to be done has been done, or has failed for a better reason; the next daemon removes what is left.
    await removeTree(staging).catch((error: unknown) => removeLater(staging, error));
  }
}

/** Between two tries, in milliseconds. */
const removeAgainMs = 1000;

/** A daemon that has no descriptors left has some again soon: removing a tree takes a few. Other failures are for the next daemon. */
function removeLater(tree: string, failure: unknown): void {
  const code = errorCode(failure);
  if (code !== "EMFILE" && code !== "ENFILE") return;
  setTimeout(() => void removeTree(tree).catch((error: unknown) => removeLater(tree, error)), removeAgainMs).unref();
}

/** Takes a tree out of sight at once and then removes it, so that a crash leaves no half of it in its place. */
export async function discardTree(tree: string, temporary: string, prefix: string): Promise<void> {
  await mkdir(temporary, { recursive: true, mode: 0o700 });
  const trash = join(temporary, `${prefix}-${randomBytes(6).toString("hex")}`);
  try {
    await rename(tree, trash);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return;
    await removeTree(trash).catch(() => {});
    throw error;
  }
  await removeTree(trash);
}

/** Removes what a crash left in tmp/ of stagings with this prefix; what cannot be removed is nobody's reason not to open. */
export async function sweepStaging(temporary: string, prefix: string): Promise<void> {
  for (const name of await listOrNothing(temporary)) {
    if (name.startsWith(`${prefix}-`)) await removeTree(join(temporary, name)).catch(() => {});
  }
}

/** The names in a directory; none when it does not exist. */
export async function listOrNothing(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}

import { chmodSync, closeSync, constants, fstatSync, openSync } from "node:fs";
import { unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { holdDirectory, pathOnly, placeOf } from "../../../host/files/held-directory.ts";
import { lstatOrNothing } from "../../../host/files/lstat-or-nothing.ts";
import { removeTree } from "../../../host/files/remove-tree.ts";
import { type RenewalPaths, renewDirectory } from "./renewed-directory.ts";

/**
 * Removes managed files from upper, so that nothing there hides the generated ones. Precondition: no game of its runs.
 *
 * The game is hostile: any component may be a link, a device or a file. What is no real directory would hide the managed
 * file as well and is removed itself, never followed. Another game, of the same user, may have been handed a directory of upper and
 * still hold it: each is held here, too, so that one that is exchanged meanwhile leads nowhere.
 * @param managed paths relative to the game directory
 */
export async function removeManaged(upper: string, managed: readonly string[]): Promise<void> {
  for (const path of managed) {
    const components = path.split("/");
    if (components.some((one) => one === "" || one === "." || one === "..")) throw new RangeError(`bad managed path ${path}`);
    await removeOne(upper, components);
  }
}

/** @param at a path whose last component alone may be a stranger's */
async function removeOne(at: string, [component = "", ...rest]: readonly string[]): Promise<void> {
  const held = await holdDirectory(at);
  try {
    const next = join(placeOf(held), component);
    const found = await lstatOrNothing(next);
    if (found === undefined) return;
    if (rest.length === 0) return await removeTree(next);
    await (found.isDirectory() ? removeOne(next, rest) : unlink(next));
  } finally {
    await held.close();
  }
}

/** Opens a directory of upper to us again: the game may have taken our own right to enter. */
export function allowSearch(directory: string): void {
  const file = openSync(directory, pathOnly | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    const { mode } = fstatSync(file);
    if ((mode & 0o700) !== 0o700) chmodSync(placeOf({ fd: file }), (mode & 0o777) | 0o700);
  } finally {
    closeSync(file);
  }
}

/**
 * Makes the directories of managed files anew, with all that they hold, because one of them is opaque: the game had
 * deleted and made it, and overlayfs then shows nothing of the layers there. That mark is an extended attribute, which a
 * new directory does not have. Precondition: {@link removeManaged}, so that every component is a real directory.
 */
export async function uncoverManaged(paths: RenewalPaths, managed: readonly string[]): Promise<void> {
  const directories = new Set(managed.flatMap((path) => parentsOf(path)));
  for (const directory of directories) await renewDirectory(paths, directory);
}

/** `a/b/c` → `a`, `a/b`. */
function parentsOf(path: string): string[] {
  const parent = dirname(path);
  return parent === "." ? [] : [...parentsOf(parent), parent];
}

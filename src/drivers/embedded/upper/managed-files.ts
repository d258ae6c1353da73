import { chmodSync, closeSync, constants, fstatSync, openSync } from "node:fs";
import { chmod, chown, type FileHandle, mkdir, readdir, rename, rmdir, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { holdDirectory, pathOnly, placeOf } from "../../../host/files/held-directory.ts";
import { lstatOrNothing } from "../../../host/files/lstat-or-nothing.ts";
import { removeTree } from "../../../host/files/remove-tree.ts";

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
export async function uncoverManaged(upper: string, managed: readonly string[]): Promise<void> {
  const directories = new Set(managed.flatMap((path) => parentsOf(path)));
  for (const directory of directories) await uncoverBelow(upper, directory.split("/"));
}

/** `a/b/c` → `a`, `a/b`. */
function parentsOf(path: string): string[] {
  const parent = dirname(path);
  return parent === "." ? [] : [...parentsOf(parent), parent];
}

async function uncoverBelow(at: string, [component = "", ...rest]: readonly string[]): Promise<void> {
  if ((await lstatOrNothing(at)) === undefined) return;
  const held = await holdDirectory(at);
  try {
    if (rest.length > 0) await uncoverBelow(join(placeOf(held), component), rest);
    else await renewDirectory(join(placeOf(held), component));
  } finally {
    await held.close();
  }
}

/** @param directory in one that is held */
async function renewDirectory(directory: string): Promise<void> {
  if ((await lstatOrNothing(directory)) === undefined) return;
  // The game may have taken this name, too.
  const fresh = `${directory}.renewed`;
  await removeTree(fresh);
  await mkdir(fresh, { mode: 0o700 });
  const [from, to] = [await holdDirectory(directory), await holdDirectory(fresh)];
  try {
    await moveEntries(from, to);
  } finally {
    await from.close();
    await to.close();
  }
  await rmdir(directory);
  await rename(fresh, directory);
}

async function moveEntries(from: FileHandle, to: FileHandle): Promise<void> {
  const { uid, gid, mode } = await from.stat();
  for (const name of await readdir(placeOf(from), { encoding: "buffer" })) {
    const [source, target] = [from, to].map((held) => Buffer.concat([Buffer.from(`${placeOf(held)}/`), name])) as [Buffer, Buffer];
    await rename(source, target);
  }
  if (process.getuid?.() === 0) await chown(placeOf(to), uid, gid);
  await chmod(placeOf(to), mode & 0o777);
}

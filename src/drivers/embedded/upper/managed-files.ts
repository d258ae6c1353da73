import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, unlinkSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * Removes managed files from upper, so that nothing there hides the generated ones. Precondition: no game runs.
 *
 * The game is hostile: any component may be a link, a device or a file. What is no real directory would hide the managed
 * file as well and is removed itself, never followed. What runs alongside cannot interfere: only the daemon can reach
 * upper while its game does not run.
 * @param managed paths relative to the game directory
 */
export function removeManaged(upper: string, managed: readonly string[]): void {
  for (const path of managed) removeOne(upper, path.split("/"));
}

function removeOne(upper: string, components: readonly string[]): void {
  let at = upper;
  allowSearch(at);
  for (const [index, component] of components.entries()) {
    if (component === "" || component === "." || component === "..") throw new RangeError(`bad managed path ${components.join("/")}`);
    at = join(at, component);
    const kind = lstatSync(at, { throwIfNoEntry: false });
    if (kind === undefined) return;
    if (index === components.length - 1) return removeWhole(at);
    if (!kind.isDirectory()) return unlinkSync(at);
    allowSearch(at);
  }
}

/** Removes a file, or a directory with everything in it, whatever rights the game has taken from us. */
function removeWhole(path: string): void {
  const open = [path];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (!lstatSync(next).isDirectory()) continue;
    allowSearch(next);
    for (const name of readdirSync(next)) open.push(join(next, name));
  }
  rmSync(path, { recursive: true, force: true });
}

/** The game may have taken our own right to enter; only ever called for real directories. */
export function allowSearch(directory: string | Buffer): void {
  const { mode } = lstatSync(directory);
  if ((mode & 0o700) !== 0o700) chmodSync(directory, mode | 0o700);
}

/**
 * Makes the directories of managed files anew, with all that they hold, because one of them is opaque: the game had
 * deleted and made it, and overlayfs then shows nothing of the layers there. That mark is an extended attribute, which a
 * new directory does not have. Precondition: {@link removeManaged}, so that every component is a real directory.
 */
export function uncoverManaged(upper: string, managed: readonly string[]): void {
  const directories = new Set(managed.flatMap((path) => parentsOf(path)));
  for (const directory of directories) renewDirectory(join(upper, directory));
}

/** `a/b/c` → `a`, `a/b`. */
function parentsOf(path: string): string[] {
  const parent = dirname(path);
  return parent === "." ? [] : [...parentsOf(parent), parent];
}

function renewDirectory(directory: string): void {
  const found = lstatSync(directory, { throwIfNoEntry: false });
  if (found === undefined) return;
  // The game may have taken this name, too.
  const fresh = `${directory}.renewed`;
  if (lstatSync(fresh, { throwIfNoEntry: false }) !== undefined) removeWhole(fresh);
  mkdirSync(fresh);
  for (const name of readdirSync(directory)) renameSync(join(directory, name), join(fresh, name));
  if (process.getuid?.() === 0) chownSync(fresh, found.uid, found.gid);
  chmodSync(fresh, found.mode & 0o7777);
  rmdirSync(directory);
  renameSync(fresh, directory);
}

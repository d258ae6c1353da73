import { constants, type Dirent, type Stats } from "node:fs";
import { type FileHandle, lstat, open, opendir } from "node:fs/promises";
import { errorCode } from "./disk-full.ts";

/** What lies at a path. A whiteout is overlayfs' mark (a character device 0/0) that hides the path in the layers below. */
export type EntryType = "file" | "directory" | "link" | "whiteout" | "other";

/** One entry of a tree. */
export type TreeEntry = {
  /** Relative to the tree. */
  readonly path: string;
  readonly type: EntryType;
  readonly sizeBytes: number;
  /** The permission bits, 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** When content, name or rights were last changed (ctime), in milliseconds since 1970. */
  readonly changeTime: number;
};

/** How far a walk may go. */
export type WalkLimits = {
  /** Entries that may still be looked at; counted down, so that several walks can share it. */
  readonly budget: { left: number };
  /** Ends the walk; it then rejects with the signal's reason. */
  readonly signal: AbortSignal;
};

/**
 * How a walk ended: everything was seen; something was not (the budget, 64 directories deep, a directory that may not be
 * read); there is no such tree; the tree itself may not be read or is no directory.
 */
export type WalkEnd = "complete" | "partial" | "missing" | "refused";

/** As deep as archives may be. */
const deepest = 64;
const entriesAtOnce = 64;

/**
 * Looks at everything below a directory whose content nobody vouches for, each directory before what is in it.
 *
 * No link is followed, also not one that takes a directory's place meanwhile: every directory is opened as such, and what
 * is in it is reached through its descriptor (/proc/self/fd). Nothing is opened but directories, so that a FIFO or a device
 * does no harm; other file systems that are mounted in the tree are not entered, as overlayfs does not. What vanishes
 * meanwhile, and names that are not UTF-8, are passed over. The event loop is free between every 64 entries.
 * @param directory absolute; the way to it is the host's own
 */
export async function walkTree(directory: string, limits: WalkLimits, visit: (entry: TreeEntry) => void): Promise<WalkEnd> {
  limits.signal.throwIfAborted();
  const handle = await openDirectory(directory);
  if (typeof handle === "string") return handle;
  const walk: Walk = { ...limits, visit, device: (await handle.stat()).dev, isComplete: true };
  await walkOpened(walk, handle, "", 1);
  return walk.isComplete ? "complete" : "partial";
}

/** What lies at a path, without following it; undefined when there is nothing, or nothing that may be looked at. */
export async function entryTypeAt(path: string): Promise<EntryType | undefined> {
  const found = await lstatOrCode(path);
  return typeof found === "string" ? undefined : typeOf(found);
}

type Walk = WalkLimits & {
  readonly visit: (entry: TreeEntry) => void;
  readonly device: number;
  isComplete: boolean;
};

/** Closes the handle. @param prefix "" or the directory's path with a slash behind it */
async function walkOpened(walk: Walk, handle: FileHandle, prefix: string, depth: number): Promise<void> {
  try {
    for (const name of await visitEntries(walk, handle, prefix)) {
      walk.signal.throwIfAborted();
      const child = depth < deepest && walk.budget.left > 0 ? await openDirectory(`${pathOf(handle)}/${name}`) : "partial";
      if (typeof child !== "string") await walkOpened(walk, child, `${prefix}${name}/`, depth + 1);
      else if (child !== "missing") walk.isComplete = false;
    }
  } finally {
    await handle.close();
  }
}

/** Shows what is in a directory. @returns the names of the directories in it */
async function visitEntries(walk: Walk, handle: FileHandle, prefix: string): Promise<string[]> {
  const directories: string[] = [];
  for await (const names of batchesOf(handle)) {
    walk.signal.throwIfAborted();
    if (walk.budget.left < names.length) walk.isComplete = false;
    const taken = names.slice(0, Math.max(0, walk.budget.left));
    walk.budget.left -= taken.length;
    const found = await Promise.all(taken.map((name) => lstatOrCode(`${pathOf(handle)}/${name}`)));
    for (const [index, name] of taken.entries()) {
      const stats = found[index];
      if (stats === undefined || typeof stats === "string") {
        if (stats !== "ENOENT") walk.isComplete = false; // a directory that may be listed but not entered
        continue;
      }
      walk.visit(entryOf(`${prefix}${name}`, stats));
      if (stats.isDirectory() && stats.dev === walk.device) directories.push(name);
    }
    if (walk.budget.left <= 0) break;
  }
  return directories;
}

async function* batchesOf(handle: FileHandle): AsyncGenerator<string[]> {
  let names: string[] = [];
  for await (const { name } of (await opendir(pathOf(handle), { bufferSize: entriesAtOnce })) as AsyncIterable<Dirent>) {
    names.push(name);
    if (names.length < entriesAtOnce) continue;
    yield names;
    names = [];
  }
  if (names.length > 0) yield names;
}

async function openDirectory(path: string): Promise<FileHandle | "missing" | "refused"> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (error) {
    return errorCode(error) === "ENOENT" ? "missing" : "refused";
  }
}

function pathOf(handle: FileHandle): string {
  return `/proc/self/fd/${handle.fd}`;
}

async function lstatOrCode(path: string): Promise<Stats | string> {
  return await lstat(path).catch((error: unknown) => errorCode(error) ?? "unknown");
}

function entryOf(path: string, stats: Stats): TreeEntry {
  const { size, mode, uid, gid, ctimeMs } = stats;
  return { path, type: typeOf(stats), sizeBytes: size, mode: mode & 0o7777, uid, gid, changeTime: ctimeMs };
}

function typeOf(stats: Stats): EntryType {
  if (stats.isFile()) return "file";
  if (stats.isDirectory()) return "directory";
  if (stats.isSymbolicLink()) return "link";
  return stats.isCharacterDevice() && stats.rdev === 0 ? "whiteout" : "other";
}

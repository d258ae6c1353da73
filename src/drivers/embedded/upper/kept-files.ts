import type { Dirent } from "node:fs";
import { chmod, chown, constants, copyFile, type FileHandle, link, mkdir, open, unlink, utimes } from "node:fs/promises";
import { dirname } from "node:path";
import { asBytes, matchesAny, normalizeGlobs } from "../../../domain/preserve-glob.ts";
import { entriesOf, holdDirectory, pathOnly, placeOf } from "../../../host/files/held-directory.ts";
import { lstatOrNothing } from "../../../host/files/lstat-or-nothing.ts";
import { copySparse } from "./sparse-copy.ts";

/** Limits of what is looked at: a game that writes without end, or digs, must not keep its reset from ending. */
const deepest = 64;
const mostFiles = 65_536;

/** Which files are kept, and how. */
export type KeepPlan = {
  /** What the game wrote. */
  readonly from: string;
  /** Where the files are to be found afterwards; exists and is empty. */
  readonly to: string;
  readonly globs: readonly string[];
  /** `copy` when both trees will live on; else `link`, which takes no room. */
  readonly how: "link" | "copy";
  /** Who owns the new directories; undefined: we do. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
};

/** What was found: how many files are kept, and whether anything else is left behind. */
export type KeptFiles = { readonly kept: number; readonly hasOthers: boolean };

/**
 * Makes the regular files that the patterns name appear in another tree, with their directories.
 *
 * The tree is hostile. No game of its runs, but another one, of the same user, may have been handed a directory of it: each is held
 * while we are in it, and what takes the place of another leads nowhere. No link is followed, and none is kept. What lies deeper than
 * 64 directories is not kept, nor more than 65536 files.
 */
export async function keepFiles(plan: KeepPlan): Promise<KeptFiles> {
  const walk = new Walk(plan);
  await walk.directory(Buffer.from(plan.from), Buffer.from(""), 0);
  return { kept: walk.kept, hasOthers: walk.hasOthers };
}

class Walk {
  kept = 0;
  hasOthers = false;
  readonly #plan: KeepPlan;
  readonly #globs: readonly string[];
  readonly #made = new Set<string>([""]);
  /** Of the directory where the walk is, and of those above it. */
  readonly #modes = new Map<string, number>();

  constructor(plan: KeepPlan) {
    this.#plan = plan;
    this.#globs = normalizeGlobs(plan.globs).map(asBytes);
  }

  /** @param place where the directory lies @param path relative to the tree @returns whether anything below it is kept */
  async directory(place: Buffer, path: Buffer, depth: number): Promise<boolean> {
    const held = await holdDirectory(place);
    const key = path.toString("latin1");
    try {
      this.#modes.set(key, (await held.stat()).mode);
      return await this.#entries(placeOf(held), path, depth);
    } finally {
      this.#modes.delete(key);
      await held.close();
    }
  }

  async #entries(place: string, path: Buffer, depth: number): Promise<boolean> {
    let isUsed = false;
    for await (const entry of await entriesOf(place)) {
      const from = below(place, entry.name);
      const child = path.length === 0 ? entry.name : Buffer.concat([path, slash, entry.name]);
      const isInside = entry.isDirectory() && depth < deepest;
      const isKept = isInside ? await this.directory(from, child, depth + 1) : await this.#file(from, child, entry);
      if (!isKept) this.hasOthers = true;
      isUsed ||= isKept;
    }
    return isUsed;
  }

  async #file(from: Buffer, path: Buffer, entry: Dirent<Buffer>): Promise<boolean> {
    if (!entry.isFile() || this.kept >= mostFiles || !matchesAny(this.#globs, path.toString("latin1"))) return false;
    await this.#parent(path);
    const to = below(this.#plan.to, path);
    const isKept = this.#plan.how === "link" ? await linkFile(from, to) : await copyOpened(from, to, this.#plan.owner);
    if (isKept) this.kept += 1;
    return isKept;
  }

  async #parent(path: Buffer): Promise<void> {
    const parent = dirname(path.toString("latin1"));
    const key = parent === "." ? "" : parent;
    if (this.#made.has(key)) return;
    const bytes = Buffer.from(key, "latin1");
    await this.#parent(bytes);
    const mode = this.#modes.get(key) ?? 0o700;
    const made = below(this.#plan.to, bytes);
    await mkdir(made);
    await own(made, (mode & 0o777) | 0o700, this.#plan.owner);
    this.#made.add(key);
  }
}

const slash = Buffer.from("/");

function below(top: string, path: Buffer): Buffer {
  return path.length === 0 ? Buffer.from(top) : Buffer.concat([Buffer.from(top), slash, path]);
}

/** @returns false when it is no regular file any more */
async function linkFile(from: Buffer, to: Buffer): Promise<boolean> {
  await link(from, to);
  if ((await lstatOrNothing(to))?.isFile() === true) return true;
  await unlink(to);
  return false;
}

/** @returns false when it is no regular file any more */
async function copyOpened(from: Buffer, to: Buffer, owner: KeepPlan["owner"]): Promise<boolean> {
  await allowRead(from);
  const source = await open(from as unknown as string, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    if (!(await source.stat()).isFile()) return false;
    await copy(source, to, owner);
    return true;
  } finally {
    await source.close();
  }
}

/** The game may have taken its owner's right to read. No link is followed. */
export async function allowRead(from: Buffer): Promise<void> {
  const held = await open(from as unknown as string, pathOnly | constants.O_NOFOLLOW);
  try {
    const found = await held.stat();
    if (found.isFile() && (found.mode & 0o400) === 0) await chmod(placeOf(held), (found.mode & 0o777) | 0o400);
  } finally {
    await held.close();
  }
}

async function copy(source: FileHandle, to: Buffer, owner: KeepPlan["owner"]): Promise<void> {
  const { mode, atime, mtime, blocks, size } = await source.stat();
  if (blocks * 512 < size) await copySparse(source, to);
  else await copyFile(placeOf(source), to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  await own(to, mode & 0o777, owner);
  await utimes(to, atime, mtime);
}

async function own(path: Buffer, mode: number, owner: KeepPlan["owner"]): Promise<void> {
  if (owner !== undefined) await chown(path, owner.uid, owner.gid);
  await chmod(path, mode);
}

import type { Dirent } from "node:fs";
import { chmod, chown, constants, copyFile, link, lstat, mkdir, opendir, utimes } from "node:fs/promises";
import { dirname } from "node:path";
import { asBytes, matchesAny, normalizeGlobs } from "../../../domain/preserve-glob.ts";
import { allowSearch } from "./managed-files.ts";
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
 * The tree is hostile, but stands still: no game runs, and nobody else gets in. No link is followed, and none is kept. What
 * lies deeper than 64 directories is not kept, nor more than 65536 files.
 */
export async function keepFiles(plan: KeepPlan): Promise<KeptFiles> {
  const walk = new Walk(plan);
  await walk.directory(Buffer.from(""), 0);
  return { kept: walk.kept, hasOthers: walk.hasOthers };
}

class Walk {
  kept = 0;
  hasOthers = false;
  readonly #plan: KeepPlan;
  readonly #globs: readonly string[];
  readonly #made = new Set<string>([""]);

  constructor(plan: KeepPlan) {
    this.#plan = plan;
    this.#globs = normalizeGlobs(plan.globs).map(asBytes);
  }

  /** @returns whether anything below it is kept */
  async directory(path: Buffer, depth: number): Promise<boolean> {
    const from = below(this.#plan.from, path);
    allowSearch(from);
    let isUsed = false;
    // Names are bytes; a text could not name all of them.
    const entries = (await opendir(from as unknown as string, { encoding: "buffer" as BufferEncoding })) as unknown as AsyncIterable<
      Dirent<Buffer>
    >;
    for await (const entry of entries) {
      const child = path.length === 0 ? entry.name : Buffer.concat([path, slash, entry.name]);
      const isKept = entry.isDirectory() && depth < deepest ? await this.directory(child, depth + 1) : await this.#file(child, entry);
      if (!isKept) this.hasOthers = true;
      isUsed ||= isKept;
    }
    return isUsed;
  }

  async #file(path: Buffer, entry: Dirent<Buffer>): Promise<boolean> {
    if (!entry.isFile() || this.kept >= mostFiles || !matchesAny(this.#globs, path.toString("latin1"))) return false;
    await this.#parent(path);
    const from = below(this.#plan.from, path);
    const to = below(this.#plan.to, path);
    if (this.#plan.how === "link") await link(from, to);
    else await copy(from, to, this.#plan.owner);
    this.kept += 1;
    return true;
  }

  async #parent(path: Buffer): Promise<void> {
    const parent = dirname(path.toString("latin1"));
    const key = parent === "." ? "" : parent;
    if (this.#made.has(key)) return;
    const bytes = Buffer.from(key, "latin1");
    await this.#parent(bytes);
    const { mode } = await lstat(below(this.#plan.from, bytes));
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

async function copy(from: Buffer, to: Buffer, owner: KeepPlan["owner"]): Promise<void> {
  const { mode, atime, mtime, blocks, size } = await lstat(from);
  if ((mode & 0o400) === 0) await chmod(from, (mode & 0o777) | 0o400);
  if (blocks * 512 < size) await copySparse(from, to);
  else await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  await own(to, mode & 0o777, owner);
  await utimes(to, atime, mtime);
}

async function own(path: Buffer, mode: number, owner: KeepPlan["owner"]): Promise<void> {
  if (owner !== undefined) await chown(path, owner.uid, owner.gid);
  await chmod(path, mode);
}

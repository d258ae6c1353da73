import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { link, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { run } from "../../exec/run.ts";
import { errorCode } from "../files/disk-full.ts";
import { lstatOrNothing } from "../files/lstat-or-nothing.ts";
import { isExecutable, type TreeOwner } from "../files/tree-owner.ts";
import { adoptTree, sha256Of } from "../unpack/adopt-tree.ts";
import { type ArchiveLimits, defaultArchiveLimits } from "../unpack/archive-limits.ts";
import { type TreeFile, TreeLedger } from "../unpack/tree-ledger.ts";
import { makeDirectoriesFresh } from "./fresh-directories.ts";
import { findInLayers, viewLayers } from "./layer-view.ts";

/** What SteamCMD writes for itself, with the time of it; it does not tell builds apart. */
const bookkeeping = /^steamapps\//;

/** What an installer has written over a stack of layers. */
export type WrittenOver = {
  /** The upper of its stage: nobody else writes to it any more. */
  readonly tree: string;
  /** The layers below it, absolute, top first. */
  readonly layers: readonly string[];
  /** Every path that the installer saw at its end. */
  readonly listing: ReadonlySet<string>;
};

/**
 * Makes what was written over a stack a layer of it: modes and owners, a whiteout for every name that is gone, no opaque
 * directories, and without the files that are the same below (SteamCMD may touch what it does not change). It is on the disk
 * when the promise resolves.
 * @returns the digest of what it changes; undefined when that is nothing but what SteamCMD notes for itself
 * @throws HostError UPLOAD_REFUSED for what an archive would be refused for
 */
export async function makeDeltaLayer(
  written: WrittenOver,
  options: { readonly owner: TreeOwner | undefined; readonly limits?: Partial<ArchiveLimits> | undefined },
): Promise<string | undefined> {
  const ledger = new TreeLedger({ ...defaultArchiveLimits, ...options.limits });
  await makeDirectoriesFresh(written.tree);
  await whiteOut(written);
  const isBelow = (path: string, file: TreeFile) => isSameBelow(written.layers, path, file);
  await adoptTree(written.tree, { owner: options.owner, ledger, isLayer: true, isBelow });
  return await ledger.digestOfLeaves((path) => !bookkeeping.test(path));
}

/** The digest of a build from those of the build below it ("" = none) and of its own layer. */
export function layeredDigest(base: string, layer: string): string {
  return createHash("sha256").update(`left4me-build-1\0${base}\0${layer}`).digest("hex");
}

/** Writes a whiteout for every name below that the installer did not see any more, and whose directory is still there. */
async function whiteOut({ tree, layers, listing }: WrittenOver): Promise<void> {
  let first: string | undefined;
  const covered = new Set<string>();
  for await (const { path } of viewLayers(layers)) {
    if (listing.has(path)) continue;
    covered.add(path);
    // What lies in a directory that is gone, or has become something else, is gone with it.
    if (covered.has(dirname(path)) || !(await isDirectoryAbove(tree, dirname(path)))) continue;
    const place = join(tree, path);
    if ((await lstatOrNothing(place)) !== undefined) continue; // the kernel's own whiteout
    if (first === undefined) await run("mknod", ["--", place, "c", "0", "0"]);
    else await linkOrMake(first, place);
    first ??= place;
  }
}

/**
 * Whether a directory was written to, and by way of directories only: what the installer wrote may hold links, and its listing
 * may lie. A directory that was not written to loses no name.
 */
async function isDirectoryAbove(tree: string, path: string): Promise<boolean> {
  if (path === ".") return true;
  if (!(await isDirectoryAbove(tree, dirname(path)))) return false;
  return (await lstatOrNothing(join(tree, path)))?.isDirectory() === true;
}

/** One inode may serve many names, but not any number of them. */
async function linkOrMake(first: string, place: string): Promise<void> {
  try {
    await link(first, place);
  } catch (error) {
    if (errorCode(error) !== "EMLINK") throw error;
    await run("mknod", ["--", place, "c", "0", "0"]);
  }
}

async function isSameBelow(layers: readonly string[], path: string, file: TreeFile): Promise<boolean> {
  const below = await findInLayers(layers, path);
  if (below?.type !== "file") return false;
  const handle = await open(below.source, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { size, mode } = await handle.stat();
    if (size !== file.sizeBytes || isExecutable(mode) !== file.executable) return false;
    return (await sha256Of(handle, size)) === file.sha256;
  } finally {
    await handle.close();
  }
}

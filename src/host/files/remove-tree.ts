import type { PathLike } from "node:fs";
import { type FileHandle, mkdtemp, readdir, rename, rm, rmdir, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { holdDirectory, placeOf } from "./held-directory.ts";
import { lstatOrNothing } from "./lstat-or-nothing.ts";

/** Each level costs a descriptor. What lies deeper is moved up beside the tree first. */
const deepest = 64;

/**
 * Removes a tree that belongs to us, whatever its maker has done to keep it. What is not there is no failure.
 *
 * Links are removed, never followed, also not one that takes a directory's place meanwhile: a stranger may hold a directory of
 * the tree open. One who still writes there can make the removal fail, and nothing else.
 */
export async function removeTree(tree: string): Promise<void> {
  // Elsewhere than on Linux there is the fake host only, and no stranger.
  if (process.platform !== "linux") return await rm(tree, { recursive: true, force: true });
  const found = await lstatOrNothing(tree);
  if (found?.isDirectory() === true) await removeWhole(tree);
  else if (found !== undefined) await unlink(tree);
}

async function removeWhole(tree: string): Promise<void> {
  let bin: Bin | undefined;
  try {
    await removeDirectory(tree, deepest, async (directory) => {
      bin ??= await makeBin(dirname(tree));
      await rename(directory, join(placeOf(bin.held), String(bin.count++)));
    });
  } finally {
    await bin?.held.close();
  }
  if (bin !== undefined) await removeWhole(bin.path);
}

/** Where what lies too deep is moved to. */
type Bin = { readonly path: string; readonly held: FileHandle; count: number };

async function makeBin(directory: string): Promise<Bin> {
  const path = await mkdtemp(join(directory, "removed-"));
  return { path, held: await holdDirectory(path), count: 0 };
}

/** @param levels how many are removed where they are @param moveUp takes what lies deeper away */
async function removeDirectory(path: PathLike, levels: number, moveUp: (path: PathLike) => Promise<void>): Promise<void> {
  const held = await holdDirectory(path);
  try {
    if (levels === 0) return await moveUp(path);
    // Names are bytes; a text could not name all of them.
    for (const entry of await readdir(placeOf(held), { withFileTypes: true, encoding: "buffer" })) {
      const child = Buffer.concat([Buffer.from(`${placeOf(held)}/`), entry.name]);
      await (entry.isDirectory() ? removeDirectory(child, levels - 1, moveUp) : unlink(child));
    }
  } finally {
    await held.close();
  }
  await rmdir(path);
}

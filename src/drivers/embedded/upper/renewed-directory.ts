import { existsSync, type PathLike } from "node:fs";
import { chmod, chown, type FileHandle, mkdir, readdir, rename } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { errorCode } from "../../../host/files/disk-full.ts";
import { holdDirectory, placeOf } from "../../../host/files/held-directory.ts";
import { lstatOrNothing } from "../../../host/files/lstat-or-nothing.ts";
import { makeDirectory } from "../../../host/files/make-directory.ts";
import { removeTree } from "../../../host/files/remove-tree.ts";
import type { TreePaths } from "../instance-paths.ts";

/** Where directories are renewed: beside upper, where no game gets, so that no name in upper is taken for ours. */
export type RenewalPaths = Pick<TreePaths, "upper" | "renewed">;

/**
 * Makes a directory of upper anew and moves what lies in it, so that it has no extended attributes. What is not there is no
 * failure. Precondition: {@link settleRenewed}; no game of its runs.
 *
 * The old directory is set aside, and the new one filled, in one whose name tells where they belong. A kill leads back to the
 * old one for as long as it is there, from then on to the new one: see {@link settleRenewed}. No link is followed, also not one
 * that takes a directory's place meanwhile.
 * @param path relative to upper
 */
export async function renewDirectory({ upper, renewed }: RenewalPaths, path: string): Promise<void> {
  const parent = await holdParent(upper, path).catch(unlessMissing);
  if (parent === undefined) return;
  try {
    const place = join(placeOf(parent), basename(path));
    if ((await lstatOrNothing(place)) === undefined) return;
    await open(place); // or it could not be moved
    const { aside, old, fresh } = renewal(renewed, encodeURIComponent(path));
    await makeDirectory(renewed, 0o700);
    await makeDirectory(aside, 0o700);
    await rename(place, old);
    await fill(old, fresh);
    await putInPlace(fresh, place);
  } finally {
    await parent.close();
  }
  await removeTree(renewed);
}

/**
 * After a kill: puts the old directory back with all that it held, or else the new one in its place. To be called before anything
 * looks at upper.
 */
export async function settleRenewed({ upper, renewed }: RenewalPaths): Promise<void> {
  if (!existsSync(renewed)) return;
  for (const name of await readdir(renewed)) {
    const parent = await holdParent(upper, decodeURIComponent(name)).catch(unlessMissing);
    if (parent === undefined) continue; // nobody would see it there
    try {
      await settle(renewal(renewed, name), join(placeOf(parent), basename(decodeURIComponent(name))));
    } finally {
      await parent.close();
    }
  }
  await removeTree(renewed);
}

async function settle({ old, fresh }: ReturnType<typeof renewal>, place: string): Promise<void> {
  if (!existsSync(fresh)) return (await lstatOrNothing(old)) === undefined ? undefined : await putInPlace(old, place);
  if (!existsSync(old)) return await putInPlace(fresh, place);
  await moveEntries(fresh, old);
  await removeTree(fresh);
  await putInPlace(old, place);
}

function renewal(renewed: string, name: string) {
  const aside = join(renewed, name);
  return { aside, old: join(aside, "old"), fresh: join(aside, "fresh") } as const;
}

/** Fills a new directory with what lies in the old one, which is gone then. */
async function fill(old: string, fresh: string): Promise<void> {
  const held = await holdDirectory(old); // before there is a new one: somebody may have put a link in its place
  try {
    await mkdir(fresh, { mode: 0o700 });
    await moveEntries(old, fresh);
    const { uid, gid, mode } = await held.stat();
    if (process.getuid?.() === 0) await chown(fresh, uid, gid);
    await chmod(fresh, mode & 0o777);
  } finally {
    await held.close();
  }
  // Not rmdir: who still holds it may have put something there.
  await removeTree(old);
}

/** Both are directories of ours. Where a name is taken already, because somebody still writes in the old one, what is there stays. */
async function moveEntries(from: string, to: string): Promise<void> {
  for (const name of await readdir(from, { encoding: "buffer" })) {
    const [source, target] = [from, to].map((directory) => Buffer.concat([Buffer.from(`${directory}/`), name])) as [Buffer, Buffer];
    if ((await lstatOrNothing(target)) === undefined) await move(source, target);
  }
}

/** Moving a directory changes its "..": the game may have taken our right to. */
async function move(source: Buffer, target: Buffer): Promise<void> {
  try {
    await rename(source, target);
  } catch (error) {
    if (errorCode(error) !== "EACCES") throw error;
    await open(source);
    await rename(source, target);
  }
}

/** We have taken the name from what was there; what is there now is somebody else's. */
async function putInPlace(directory: string, place: string): Promise<void> {
  await removeTree(place);
  await rename(directory, place);
}

async function open(directory: PathLike): Promise<void> {
  const held = await holdDirectory(directory);
  await held.close();
}

/** Holds the directory in which a path lies. */
async function holdParent(at: string, path: string): Promise<FileHandle> {
  let held = await holdDirectory(at);
  const parent = dirname(path);
  for (const component of parent === "." ? [] : parent.split("/")) {
    const above = held;
    try {
      held = await holdDirectory(join(placeOf(above), component));
    } finally {
      await above.close();
    }
  }
  return held;
}

function unlessMissing(error: unknown): undefined {
  if (errorCode(error) !== "ENOENT" && errorCode(error) !== "ENOTDIR") throw error;
}

import { constants } from "node:fs";
import { chmod, copyFile, lchown, mkdir, readlink, symlink } from "node:fs/promises";
import { join } from "node:path";
import { syncTree } from "../files/sync-tree.ts";
import { directoryMode, type TreeOwner } from "../files/tree-owner.ts";
import { BoundedWork } from "../unpack/bounded-work.ts";
import { type SeenEntry, viewLayers } from "./layer-view.ts";

const bounds = { jobs: 4, bytes: Number.MAX_SAFE_INTEGER };

/**
 * Copies what a stack of layers shows into `target`, an empty directory; by reference where the file system can. It is on the
 * disk when the promise resolves.
 */
export async function squashLayers(
  layers: readonly string[],
  target: string,
  options: { readonly owner: TreeOwner | undefined; readonly signal: AbortSignal },
): Promise<void> {
  const work = new BoundedWork(bounds);
  let files = 0;
  try {
    for await (const entry of viewLayers(layers)) {
      options.signal.throwIfAborted();
      files += 1;
      await copyEntry(entry, join(target, entry.path), options.owner, work);
    }
  } finally {
    await work.settle();
  }
  await giveTo(target, options.owner);
  await syncTree(target, files);
}

/** Directories at once, because what lies in them comes next; the rest as there is room. */
async function copyEntry({ type, source }: SeenEntry, place: string, owner: TreeOwner | undefined, work: BoundedWork): Promise<void> {
  switch (type) {
    case "directory":
      await mkdir(place);
      await chmod(place, directoryMode);
      return await giveTo(place, owner);
    case "symlink":
      await symlink(await readlink(source), place);
      return await giveTo(place, owner);
    case "file":
      return await work.add(0, async () => {
        // With the mode of its source, which a layer has already.
        await copyFile(source, place, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
        await giveTo(place, owner);
      });
  }
}

async function giveTo(place: string, owner: TreeOwner | undefined): Promise<void> {
  if (owner !== undefined) await lchown(place, owner.uid, owner.gid);
}

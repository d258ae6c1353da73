import type * as nodeFs from "node:fs";
import type { TreeOwner } from "../files/tree-owner.ts";

/** One change of a tree; paths are relative to the target and were checked. */
export type TreeChange =
  | { readonly type: "directory"; readonly path: string }
  | { readonly type: "symlink"; readonly path: string; readonly target: string }
  /** Takes `sizeBytes` from the batch's content, behind the files before it. */
  | { readonly type: "file"; readonly path: string; readonly mode: number; readonly sizeBytes: number }
  | { readonly type: "remove"; readonly path: string };

/** Changes that are made one after the other. */
export type TreeBatch = { readonly changes: readonly TreeChange[]; readonly content: Uint8Array };

/** Where batches are applied, and how. */
export type BatchSettings = { readonly target: string; readonly owner: TreeOwner | undefined; readonly directoryMode: number };

/** The first change that failed. */
export type BatchFailure = { readonly path: string; readonly code: string | undefined; readonly message: string };

/**
 * Makes the changes of a batch, with blocking calls.
 *
 * Self-contained: its source text also runs in a worker thread (see BatchRunner), so that it may use its arguments only.
 * Nothing existing is ever opened and no link followed; the target is private besides.
 */
export function applyBatch(fs: typeof nodeFs, settings: BatchSettings, batch: TreeBatch): BatchFailure | undefined {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = fs.constants;
  const { target, owner, directoryMode } = settings;
  let offset = 0;
  const writeFile = (path: string, mode: number, sizeBytes: number) => {
    const descriptor = fs.openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
    try {
      for (const end = offset + sizeBytes; offset < end; ) offset += fs.writeSync(descriptor, batch.content, offset, end - offset);
      if (owner !== undefined) fs.fchownSync(descriptor, owner.uid, owner.gid);
      fs.fchmodSync(descriptor, mode);
    } finally {
      fs.closeSync(descriptor);
    }
  };
  for (const change of batch.changes) {
    const path = `${target}/${change.path}`;
    try {
      if (change.type === "file") writeFile(path, change.mode, change.sizeBytes);
      else if (change.type === "remove") fs.unlinkSync(path);
      else {
        if (change.type === "symlink") fs.symlinkSync(change.target, path);
        else {
          fs.mkdirSync(path, directoryMode);
          fs.chmodSync(path, directoryMode);
        }
        if (owner !== undefined) fs.lchownSync(path, owner.uid, owner.gid);
      }
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      return { path: change.path, code, message };
    }
  }
  return undefined;
}

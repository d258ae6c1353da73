import { createReadStream } from "node:fs";
import { lstat, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Pack, pack } from "tar-stream";
import { UsageError } from "../failures/usage-error.ts";
import { readBytes } from "./read-bytes.ts";

/** One file, directory or symbolic link to be packed. */
export type TreeEntry = {
  readonly path: string;
  readonly type: "file" | "directory" | "symlink";
  readonly size: number;
  readonly mode: number;
  readonly mtime: Date;
};

/**
 * Lists a directory's tree in the order of the names, parents first; paths are relative to it.
 *
 * @param signal gives up
 * @throws UsageError for what an archive of ours cannot hold: sockets, devices, pipes, names that are not UTF-8
 */
export async function listTree(root: string, signal?: AbortSignal): Promise<TreeEntry[]> {
  const entries: TreeEntry[] = [];
  await walk(root, "", entries, signal);
  return entries;
}

async function walk(root: string, below: string, entries: TreeEntry[], signal: AbortSignal | undefined): Promise<void> {
  const names = (await readdir(join(root, below), { encoding: "buffer" })).map((name) => utf8Name(name, below)).sort();
  for (const name of names) {
    signal?.throwIfAborted();
    const path = below === "" ? name : `${below}/${name}`;
    const stat = await lstat(join(root, path));
    const type = stat.isFile() ? "file" : stat.isDirectory() ? "directory" : stat.isSymbolicLink() ? "symlink" : undefined;
    if (type === undefined)
      throw new UsageError(`${join(root, path)} is neither a file, a directory nor a symbolic link and cannot be imported`);
    entries.push({ path, type, size: type === "file" ? stat.size : 0, mode: stat.mode & 0o777, mtime: stat.mtime });
    if (type === "directory") await walk(root, path, entries, signal);
  }
}

function utf8Name(name: Buffer, below: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(name);
  } catch {
    throw new UsageError(`a name in ${below === "" ? "the directory" : below} is not UTF-8: ${JSON.stringify(name.toString())}`);
  }
}

/** Packs a listed tree as a tar stream. A file that changes its size meanwhile fails the stream. */
export function packTree(root: string, entries: readonly TreeEntry[]): Readable {
  const archive = pack();
  void packEntries(archive, root, entries).catch((error: unknown) => archive.destroy(error as Error));
  return archive as unknown as Readable;
}

async function packEntries(archive: Pack, root: string, entries: readonly TreeEntry[]): Promise<void> {
  for (const entry of entries) await packEntry(archive, root, entry);
  archive.finalize();
}

async function packEntry(archive: Pack, root: string, { path, type, size, mode, mtime }: TreeEntry): Promise<void> {
  const header = { name: path, mode, mtime, type };
  if (type === "file") {
    await pipeline(
      createReadStream(join(root, path), size === 0 ? {} : { end: size - 1, highWaterMark: readBytes }),
      archive.entry({ ...header, size }),
    );
    return;
  }
  const linkname = type === "symlink" ? { linkname: await readlink(join(root, path)) } : {};
  await new Promise<void>((resolve, reject) => archive.entry({ ...header, ...linkname }, (error) => (error ? reject(error) : resolve())));
}

import { constants } from "node:fs";
import { type FileHandle, open, readlink, realpath } from "node:fs/promises";
import { join, sep } from "node:path";
import { errorCode } from "./disk-full.ts";

/** What became of a file that others may have prepared: its content, or why it is not taken. */
export type BeneathFile =
  | { readonly type: "content"; readonly content: Buffer }
  | { readonly type: "missing" }
  /** `problem` follows the file's name, e.g. `is not a regular file`. */
  | { readonly type: "refused"; readonly problem: string };

/**
 * Reads a small regular file inside a tree whose content nobody vouches for.
 *
 * Links inside the tree are followed, links out of it are not, and the way to the tree has none. Whatever is opened is
 * compared, by its descriptor, with the path that was checked: a directory swapped for a link in between is noticed before
 * a byte is read. A FIFO does not block, a device is not read.
 * @param trusted an absolute directory that only the host writes to
 * @param tree relative to it
 * @param path relative to the tree
 * @param maximumBytes larger files are refused
 */
export async function readBeneath(trusted: string, tree: string, path: string, maximumBytes: number): Promise<BeneathFile> {
  try {
    const base = join(await realpath(trusted), tree);
    const real = await realpath(join(base, path));
    if (!real.startsWith(base + sep)) return { type: "refused", problem: "leads out of its tree" };
    return await readExactly(real, maximumBytes);
  } catch (error) {
    return classify(error);
  }
}

async function readExactly(real: string, maximumBytes: number): Promise<BeneathFile> {
  const handle = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    if ((await pathOf(handle, real)) !== real) return { type: "refused", problem: "was replaced while it was read" };
    const found = await handle.stat();
    if (!found.isFile()) return { type: "refused", problem: "is not a regular file" };
    if (found.size > maximumBytes) return { type: "refused", problem: `is larger than ${maximumBytes} bytes` };
    // A file that grows meanwhile is read as far as it was.
    const content = Buffer.alloc(found.size);
    const { bytesRead } = await handle.read(content, 0, content.length, 0);
    return { type: "content", content: content.subarray(0, bytesRead) };
  } finally {
    await handle.close();
  }
}

/** Where a descriptor really points; without /proc (not Linux) the path is looked up again. */
async function pathOf(handle: FileHandle, path: string): Promise<string> {
  try {
    return await readlink(`/proc/self/fd/${handle.fd}`);
  } catch {
    return await realpath(path);
  }
}

const problems: Readonly<Record<string, string>> = {
  ELOOP: "is a loop of links",
  EACCES: "cannot be read by the host",
  ENXIO: "is not a regular file",
  EISDIR: "is not a regular file",
};

function classify(error: unknown): BeneathFile {
  const code = errorCode(error) ?? "";
  if (code === "ENOENT" || code === "ENOTDIR") return { type: "missing" };
  const problem = problems[code];
  if (problem === undefined) throw error;
  return { type: "refused", problem };
}

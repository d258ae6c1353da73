import { constants, type Dirent, type PathLike } from "node:fs";
import { chmod, type FileHandle, open, opendir } from "node:fs/promises";

/** O_PATH of open(2) on Linux, which Node does not name: the descriptor needs no right to read, and is good for paths only. */
export const pathOnly = 0o10000000;

/**
 * Holds a directory, and opens it to its owner where its maker has closed it. No link is followed, also not one that takes the
 * directory's place meanwhile: what is done by {@link placeOf} is done in this directory, wherever it is by then.
 *
 * @param path absolute; the way to it is the host's own, or leads through a directory that is held
 * @throws ENOTDIR for a link or whatever else is no directory; other errors of open(2) and chmod(2)
 */
export async function holdDirectory(path: PathLike): Promise<FileHandle> {
  const handle = await open(path, pathOnly | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    const { mode } = await handle.stat();
    // Not fchmod(2), which takes no descriptor of this kind. Nothing but permissions is kept: set-user-ID and the like go.
    if ((mode & 0o700) !== 0o700) await chmod(placeOf(handle), (mode & 0o777) | 0o700);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** A path that leads to what is held, and nowhere else. */
export function placeOf({ fd }: { readonly fd: number }): string {
  return `/proc/self/fd/${fd}`;
}

/** What is in a directory. Names are bytes; a text could not name all of them. */
export async function entriesOf(place: string): Promise<AsyncIterable<Dirent<Buffer>>> {
  return (await opendir(place, { encoding: "buffer" as BufferEncoding })) as unknown as AsyncIterable<Dirent<Buffer>>;
}

import { access, constants, cp, mkdir, mkdtemp, realpath, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { projectDirectory } from "./daemon-process.ts";

/**
 * Calls `use` with a directory that holds the stand-in game.
 *
 * The game needs a Node.js that its own user may execute. A daemon that runs as root gives games another user, whom a
 * clone in /root is closed to: then the tree takes a copy along.
 */
export async function withStandinTree<T>(use: (tree: string) => Promise<T>): Promise<T> {
  const tree = join(projectDirectory, "standin/tree");
  if (process.getuid?.() !== 0 || (await isOpenToAll(await realpath(process.execPath)))) return use(tree);
  const copy = await mkdtemp(join(tmpdir(), "left4me-standin-"));
  try {
    await cp(tree, copy, { recursive: true });
    await mkdir(join(copy, "bin"), { recursive: true });
    await cp(process.execPath, join(copy, "bin/node"), { mode: constants.COPYFILE_FICLONE });
    return await use(copy);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/** Whether everybody may execute a program: every directory above it is searchable. */
async function isOpenToAll(program: string): Promise<boolean> {
  await access(program, constants.X_OK);
  for (let path = program; path !== "/"; path = dirname(path)) {
    if (((await stat(path)).mode & 0o001) === 0) return false;
  }
  return true;
}

import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, readdir, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { scratch } from "../unpack/scratch.ts";

/** Why there is no attacker here. */
export const noExchange = process.arch !== "x64" && "the attacker's system call is that of x86-64";

/** What lies outside of the tree: its names, and the mode of the directory that holds them. */
export type Outside = { readonly names: string[]; readonly mode: number };

/** What {@link exchanging} shows when nobody has been led there. */
export const untouched: Outside = { names: ["inner", "victim"], mode: 0o755 };

/**
 * Works on a tree while a stranger, who holds a directory of it open, exchanges another one in it with a link that leads out.
 *
 * @returns what lies where the link leads
 */
export async function exchanging(context: TestContext, work: (tree: string) => Promise<void>): Promise<Outside> {
  const directory = await scratch(context);
  const [tree, spare, outside] = ["tree", "spare", "outside"].map((name) => join(directory, name)) as [string, string, string];
  await mkdir(join(outside, "inner"), { recursive: true });
  await writeFile(join(outside, "victim"), "mine");
  await chmod(outside, 0o755);
  await mkdir(join(tree, "d"), { recursive: true });
  for (const name of ["a", "b", "c"]) await writeFile(join(tree, "d", name), name);
  await symlink(outside, spare);
  const stop = await attack(join(tree, "d"), spare);
  try {
    await work(tree).catch(() => {}); // it may be refused, or kept from its end
  } finally {
    await stop();
  }
  return { names: (await readdir(outside)).sort(), mode: (await stat(outside)).mode & 0o7777 };
}

/** renameat2(2) with RENAME_EXCHANGE, without end: until what it returns is called. */
export async function attack(one: string, other: string): Promise<() => Promise<void>> {
  const script = "$| = 1; print 1; syscall(316, -100, $ARGV[0], -100, $ARGV[1], 2) while 1";
  const attacker = spawn("perl", ["-e", script, one, other], { stdio: ["ignore", "pipe", "ignore"] });
  const closed = once(attacker, "close");
  await once(attacker.stdout, "data");
  return async () => {
    attacker.kill("SIGKILL");
    await closed;
  };
}

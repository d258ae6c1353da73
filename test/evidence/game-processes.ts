import { readdir, readlink } from "node:fs/promises";

/**
 * The processes that belong to games of the embedded driver, by their instances' names: their output goes to a file below
 * the root, whoever started them.
 */
export async function gameProcesses(root: string): Promise<ReadonlyMap<string, readonly number[]>> {
  const below = `${root}/embedded/`;
  const games = new Map<string, number[]>();
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    const output = await readlink(`/proc/${pid}/fd/1`).catch(() => "");
    const name = output.startsWith(below) ? output.slice(below.length).split("/")[0] : undefined;
    if (name !== undefined) games.set(name, [...(games.get(name) ?? []), Number(pid)]);
  }
  return games;
}

import { run } from "../../../exec/run.ts";
import { entriesOf, holdDirectory, placeOf } from "../../../host/files/held-directory.ts";
import type { EmbeddedSettings } from "../embedded-options.ts";
import { asGame } from "../processes/tree-command.ts";
import { allowRead } from "./kept-files.ts";
import { privileged } from "./tree-tools.ts";

/** What lies deeper is copied as well, but not opened to its owner before. */
const deepest = 64;

/**
 * Copies all that a game wrote, with modes, times, links, holes and the marks of overlayfs.
 *
 * The tree is hostile: another game, of the same user, may have been handed a directory of it, and put a link in a
 * directory's place while cp(1), which goes by paths, is in it. So root has it done by the game's user, who is led to nothing
 * that a game could not read itself. That user may make whiteouts (device 0/0) and the marks, which are its own attributes
 * (userxattr); what a layer's owner had is its own in the copy. It cannot override modes: what its owner may not read is opened
 * before, in `from` too.
 * @param to exists, is empty and belongs to the game's user
 */
export async function copyTree(from: string, to: string, settings: EmbeddedSettings): Promise<void> {
  const env = { LC_ALL: "C" };
  const copy = ["cp", "-a", "--reflink=auto", "-T", "--"] as const;
  if (!settings.asRoot) {
    await privileged(settings, [...copy, from, to], { env });
    return;
  }
  await allowReading(Buffer.from(from), 0);
  // The user may not enter the directories above them: one is the working directory, the other comes open.
  const script = 'to=$1; shift; exec "$@" 3<"$to"';
  await run("sh", ["-c", script, "sh", to, ...asGame(settings), ...copy, ".", "/proc/self/fd/3/."], { timeoutMs: 0, cwd: from, env });
}

/** Opens directories and files to their owner. */
async function allowReading(directory: Buffer, depth: number): Promise<void> {
  const held = await holdDirectory(directory);
  try {
    for await (const entry of await entriesOf(placeOf(held))) {
      const path = Buffer.concat([Buffer.from(`${placeOf(held)}/`), entry.name]);
      if (entry.isDirectory() && depth < deepest) await allowReading(path, depth + 1);
      else if (entry.isFile()) await allowRead(path);
    }
  } finally {
    await held.close();
  }
}

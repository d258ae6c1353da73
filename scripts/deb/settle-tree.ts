import { chmodSync, lstatSync, lutimesSync } from "node:fs";
import { join } from "node:path";
import { treeEntries } from "./tree-entries.ts";

/** Gives everything the same time and one of three modes: neither the clock nor the umask shows in the package. */
export function settleTree(tree: string, epoch: number): void {
  for (const path of [...treeEntries(tree).map(({ path }) => path), "."]) {
    chmodSync(join(tree, path), settledMode(lstatSync(join(tree, path)).mode));
    lutimesSync(join(tree, path), epoch, epoch);
  }
}

/** Directories and programs; what its owner may not write (sudoers); all other files. */
function settledMode(mode: number): number {
  if ((mode & 0o100) !== 0) return 0o755;
  return (mode & 0o200) === 0 ? 0o440 : 0o644;
}

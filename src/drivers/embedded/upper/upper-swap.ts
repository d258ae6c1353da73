import { chmodSync, chownSync, copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { EmbeddedSettings } from "../embedded-options.ts";
import type { InstancePaths } from "../instance-paths.ts";
import { allowSearch } from "./managed-files.ts";
import type { Trash } from "./trash.ts";
import { formatOf } from "./upper-format.ts";

/** An archive that is not complete yet begins so. */
const unfinished = ".new-";

/**
 * How what the game wrote is replaced as a whole. The next upper is built as `next.new`, becomes `next` when it is
 * complete, and counts from the moment when `upper` is gone: until then a kill leaves the old state, from then on
 * {@link settleUpper} leads to the new one. Where nothing follows, there is no `next`.
 */
export function swapUpper(paths: InstancePaths, settings: EmbeddedSettings, trash: Trash, archiveId?: string): void {
  if (archiveId === undefined) trash.discard([paths.upper]);
  else moveToArchive(paths, archiveId);
  settleUpper(paths, settings, trash);
  const rest = [paths.work, paths.merged];
  trash.discard(existsSync(paths.upper) ? rest : [...rest, paths.format]);
}

/** Completes what a kill during {@link swapUpper} left, or clears it away. To be called before anything looks at upper. */
export function settleUpper(paths: InstancePaths, settings: EmbeddedSettings, trash: Trash): void {
  for (const name of existsSync(paths.archives) ? readdirSync(paths.archives) : []) {
    if (!name.startsWith(unfinished)) continue;
    const directory = join(paths.archives, name);
    if (existsSync(join(directory, "upper"))) renameSync(directory, join(paths.archives, name.slice(unfinished.length)));
    else trash.discard([directory]);
  }
  trash.discard([paths.nextUnfinished]);
  if (!existsSync(paths.next)) return;
  if (existsSync(paths.upper)) return trash.discard([paths.next]);
  writeFileSync(paths.format, formatOf(settings));
  renameSync(paths.next, paths.upper);
}

/** Makes the directory in which the next upper is built, empty. */
export function beginNext(paths: InstancePaths, settings: EmbeddedSettings, trash: Trash): string {
  trash.discard([paths.nextUnfinished]);
  mkdirSync(paths.nextUnfinished, { recursive: true, mode: 0o700 });
  chmodSync(paths.nextUnfinished, 0o755);
  if (settings.asRoot) chownSync(paths.nextUnfinished, settings.gameUid, settings.gameGid);
  return paths.nextUnfinished;
}

/** The next upper is complete. */
export function completeNext(paths: InstancePaths): void {
  allowSearch(paths.nextUnfinished);
  renameSync(paths.nextUnfinished, paths.next);
}

function moveToArchive({ archives, upper, format }: InstancePaths, archiveId: string): void {
  const directory = join(archives, `${unfinished}${archiveId}`);
  rmSync(directory, { recursive: true, force: true }); // without an upper, or it would have been settled
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (existsSync(format)) copyFileSync(format, join(directory, "format"));
  allowSearch(upper);
  renameSync(upper, join(directory, "upper"));
  renameSync(directory, join(archives, archiveId));
}

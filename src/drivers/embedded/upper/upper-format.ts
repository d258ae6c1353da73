import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { HostError } from "../../../domain/host-error.ts";
import type { EmbeddedSettings } from "../embedded-options.ts";
import type { TreePaths } from "../instance-paths.ts";

/**
 * Makes an instance's runtime directories, or finds that an existing upper is of our kind.
 *
 * @throws HostError UPPER_INCOMPATIBLE when it was written by another driver or another user
 */
export function prepareUpper(paths: TreePaths, settings: EmbeddedSettings): void {
  // Nobody but the daemon gets in: games of other instances have the same user.
  mkdirSync(paths.runtime, { recursive: true, mode: 0o700 });
  if (existsSync(paths.upper)) requireFormat(paths, settings, "reset the instance");
  else createUpper(paths, settings);
  mkdirSync(paths.work, { recursive: true, mode: 0o700 });
  mkdirSync(paths.merged, { recursive: true, mode: 0o755 });
}

/** The format comes first and upper by a rename: wherever we are killed, no upper stands without format or owner. */
function createUpper(paths: TreePaths, settings: EmbeddedSettings): void {
  const unfinished = `${paths.upper}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  writeFileSync(paths.format, formatOf(settings));
  mkdirSync(unfinished);
  chmodSync(unfinished, 0o755);
  if (settings.asRoot) chownSync(unfinished, settings.gameUid, settings.gameGid);
  renameSync(unfinished, paths.upper);
}

/** Driver, where overlayfs keeps its attributes, and who owns the files. */
export function formatOf(settings: EmbeddedSettings): string {
  return `driver=embedded xattr=user uid=${settings.gameUid} gid=${settings.gameGid}\n`;
}

/** Whether an upper is of this driver and this user. */
export function isOfOurs({ format }: Pick<TreePaths, "format">, settings: EmbeddedSettings): boolean {
  return readFormat(format) === formatOf(settings).trim();
}

/**
 * Refuses an upper of another driver or another user.
 *
 * @param cure what to do then
 * @param archive where it is the upper of one
 * @throws HostError UPPER_INCOMPATIBLE
 */
export function requireFormat(
  paths: Pick<TreePaths, "upper" | "format">,
  settings: EmbeddedSettings,
  cure: string,
  archive?: string,
): void {
  if (isOfOurs(paths, settings)) return;
  const wanted = formatOf(settings).trim();
  const found = readFormat(paths.format);
  throw new HostError(
    "UPPER_INCOMPATIBLE",
    `what the game wrote (${paths.upper}) has the format "${found}", this driver needs "${wanted}": ${cure}`,
    { metadata: { path: paths.upper, found, expected: wanted, ...(archive === undefined ? {} : { archive }) } },
  );
}

function readFormat(path: string): string {
  try {
    return readFileSync(path, "utf8").slice(0, 200).trim();
  } catch {
    return "unknown";
  }
}

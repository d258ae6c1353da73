import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { InstallationFailed } from "./installation-failed.ts";

/** What SteamCMD writes about what it has installed. */
export const manifestPath = "steamapps/appmanifest_222860.acf";
const longestManifest = 1024 * 1024;
/** `fully installed`, and nothing else. */
const goodFlags = "4";

/**
 * Looks for the two proofs on the disk: SteamCMD sometimes claims success without them.
 *
 * @throws InstallationFailed INSTALL_INCOMPLETE
 */
export function proveInstallation(game: string): void {
  const flags = /"StateFlags"\s+"([^"]*)"/i.exec(readManifest(game) ?? incomplete(manifestPath))?.[1];
  if (flags !== undefined && flags !== goodFlags) incomplete(`StateFlags ${goodFlags} in ${manifestPath} (there: ${flags})`);
  const program = lstatSync(join(game, "srcds_linux"), { throwIfNoEntry: false });
  if (program?.isFile() !== true) incomplete("srcds_linux");
  if ((program.mode & 0o111) === 0) incomplete("srcds_linux (it is not executable)");
}

/** Whether a directory holds an installation that SteamCMD can update. */
export function hasManifest(game: string): boolean {
  return readManifest(game) !== undefined;
}

function readManifest(game: string): string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(join(game, manifestPath), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    const found = fstatSync(descriptor);
    if (!found.isFile() || found.size === 0 || found.size > longestManifest) return undefined;
    const bytes = Buffer.alloc(found.size);
    return bytes.subarray(0, readSync(descriptor, bytes)).toString();
  } finally {
    closeSync(descriptor);
  }
}

function incomplete(missing: string): never {
  throw new InstallationFailed("INSTALL_INCOMPLETE", { missing });
}

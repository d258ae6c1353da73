import { realpathSync } from "node:fs";
import { basename, dirname } from "node:path";
import { isProgram } from "../exec/find-program.ts";
import { steamcmdPlaces } from "../host/install/steamcmd-places.ts";
import type { InstallerSettings } from "./installer-settings.ts";

/** A SteamCMD that can be executed. */
export type Steamcmd = {
  readonly file: string;
  /** Where it is run. */
  readonly directory: string;
};

/** {@link steamcmdPlaces}; one that was asked for by name is the only one. */
export function searchedPlaces({ steamcmd, home, path }: InstallerSettings): string[] {
  return steamcmd === undefined ? steamcmdPlaces(home, path) : [steamcmd];
}

/** The first SteamCMD of these places; undefined when there is none. */
export function findSteamcmd(settings: InstallerSettings): Steamcmd | undefined {
  const file = searchedPlaces(settings).find(isProgram);
  if (file === undefined) return undefined;
  // steamcmd.sh looks for the rest of it beside the path by which it is called: a link to it would not work.
  const real = realpathSync(file);
  return basename(real) === "steamcmd.sh" ? { file: real, directory: dirname(real) } : { file, directory: settings.home };
}

import { join } from "node:path";
import { placesOnPath } from "../../exec/find-program.ts";

/** Where SteamCMD is looked for, in this order. @param home the installer's HOME @param path the installer's PATH */
export function steamcmdPlaces(home: string, path: string): string[] {
  return [...new Set([join(home, "steamcmd/steamcmd.sh"), ...placesOnPath("steamcmd", path), "/usr/games/steamcmd"])];
}

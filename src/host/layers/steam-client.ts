import type { Warning } from "../../domain/instance.ts";
import type { BuildFiles } from "./build-files.ts";
import type { MergedFiles } from "./merged-files.ts";

/** Where the game finds Steam's client library: its HOME is the game directory. */
export const steamClientPlaces = [".steam/sdk32/steamclient.so", "bin/steamclient.so"];
/** Links on the way count as found. */
const places = [".steam", ".steam/sdk32", ...steamClientPlaces];

/** Finds that the game has no Steam client library, without which it is in no server list. */
export async function missingSteamClient(merged: MergedFiles, build: BuildFiles): Promise<Warning[]> {
  for (const place of places) {
    const type = merged.at(place)?.type ?? (merged.isOpenBelow(place) ? await build.find(place) : undefined);
    if (type === "file" || type === "link") return [];
  }
  const message =
    "neither .steam/sdk32/steamclient.so nor bin/steamclient.so is there, and the server would be invisible: add SteamCMD's linux32/steamclient.so as .steam/sdk32/steamclient.so, in the build or in an overlay";
  return [{ code: "STEAM_CLIENT_MISSING", message }];
}

import { type Finding, failing, fine, shellWord, warning } from "../../domain/finding.ts";
import type { HostLayout } from "../../domain/host-layout.ts";
import { lookAtBuilds } from "../builds/build-recovery.ts";
import type { BuildStore } from "../builds/build-store.ts";
import { resolveInLayers } from "../builds/resolve-in-layers.ts";
import { steamClientPlaces } from "../layers/steam-client.ts";
import type { Check } from "./check.ts";

/** Whether there is a build to run, whether those that are kept are whole, and whether the active one has Steam's library. */
export function buildHealth(layout: HostLayout, builds: Pick<BuildStore, "active" | "list" | "layersOf">): Check {
  return {
    name: "builds",
    async run() {
      const damaged = (await lookAtBuilds(layout)).problems.map(({ message, metadata }) =>
        failing(
          "build-damaged",
          message,
          `sudo mv ${shellWord(metadata["path"] ?? layout.builds)} /root/; sudo systemctl restart left4me-hostd; l4d2ctl install`,
        ),
      );
      const active = builds.active();
      if (active === undefined) return [...damaged, nothingActive(builds.list()[0]?.id)];
      const isOfSteam = active.steamBuildId !== "";
      const client = isOfSteam ? await steamClient(builds.layersOf(active.id)) : [];
      return [...damaged, fine("build-active", `the build ${active.id} is active`), ...client];
    },
  };
}

function nothingActive(newest: string | undefined): Finding {
  return newest === undefined
    ? warning("build-active", "the game is not installed: starts are refused (NO_BUILD)", "l4d2ctl install")
    : warning("build-active", "no build is active: starts are refused (NO_BUILD)", `l4d2ctl activate ${newest}`);
}

/**
 * Where Steam's client library is looked for: the game's HOME is its own directory. One of the places must lead to a file of the
 * build: of what lies elsewhere the game's root has nothing.
 */
const clients = [
  { bits: 32, directory: "linux32", places: steamClientPlaces },
  { bits: 64, directory: "linux64", places: [".steam/sdk64/steamclient.so"] },
] as const;

async function steamClient(layers: readonly string[]): Promise<Finding[]> {
  const missing: Finding[] = [];
  for (const { bits, directory, places } of clients) {
    const found = await Promise.all(places.map((place) => resolveInLayers(layers, place)));
    if (found.some((entry) => entry?.type === "file")) continue;
    const lost =
      bits === 32 ? "servers would be in no server list, unless an overlay has it" : "64-bit extensions of the game do not find Steam";
    const message = `the active build has no .steam/sdk${bits}/steamclient.so, or a link there that leads to no file of it (STEAM_CLIENT_MISSING): ${lost}`;
    const cure = `l4d2ctl install --validate, which places it; or copy SteamCMD's ${directory}/steamclient.so to ${places[0]} of the tree, and import it again: l4d2ctl install --import`;
    missing.push(warning("steam-client", message, cure));
  }
  return missing.length > 0 ? missing : [fine("steam-client", "the active build has Steam's client libraries")];
}

import { type Finding, failing, fine, shellWord, warning } from "../../domain/finding.ts";
import type { HostLayout } from "../../domain/host-layout.ts";
import { lookAtBuilds } from "../builds/build-recovery.ts";
import type { BuildStore } from "../builds/build-store.ts";
import { BuildFiles } from "../layers/build-files.ts";
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
      const client = isOfSteam ? await steamClient(new BuildFiles(builds.layersOf(active.id))) : [];
      return [...damaged, fine("build-active", `the build ${active.id} is active`), ...client];
    },
  };
}

function nothingActive(newest: string | undefined): Finding {
  return newest === undefined
    ? warning("build-active", "the game is not installed: starts are refused (NO_BUILD)", "l4d2ctl install")
    : warning("build-active", "no build is active: starts are refused (NO_BUILD)", `l4d2ctl activate ${newest}`);
}

async function steamClient(build: BuildFiles): Promise<Finding[]> {
  for (const place of steamClientPlaces) {
    const type = await build.find(place);
    if (type === "file" || type === "link") return [fine("steam-client", "the active build has Steam's client library")];
  }
  const message =
    "the active build has no .steam/sdk32/steamclient.so (STEAM_CLIENT_MISSING): servers would be in no server list, unless an overlay has it";
  return [warning("steam-client", message, "install it through SteamCMD, which brings the library along: l4d2ctl install --validate")];
}

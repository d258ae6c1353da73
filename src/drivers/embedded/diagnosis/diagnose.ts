import type { Finding } from "../../../domain/finding.ts";
import { type Check, runChecks } from "../../../host/diagnosis/check.ts";
import { type SteamcmdSearch, steamcmd } from "../../../host/diagnosis/steamcmd.ts";
import type { EmbeddedSettings } from "../embedded-options.ts";
import { ownPath } from "../game-environment.ts";
import { installerPaths } from "../installer/installer-paths.ts";
import { inheritedDescriptors } from "./inherited-descriptors.ts";
import { programs } from "./programs.ts";
import { trialGame } from "./trial-game.ts";

/** A trial has its own limit of 20 s; a host that needs longer than this is not well. */
const trialLimitMs = 8000;

/** What games need of the machine where no systemd runs them. */
export async function diagnose(settings: EmbeddedSettings, signal: AbortSignal): Promise<Finding[]> {
  const quick: Check[] = [programs(), inheritedDescriptors(), steamcmd(() => steamcmdSearch(settings))];
  const found = await Promise.all([runChecks(quick, signal), runChecks([trialGame(settings)], signal, trialLimitMs)]);
  return found.flat();
}

/** The installer gets these of the daemon's own environment; see installer-command.ts. */
function steamcmdSearch({ root }: EmbeddedSettings): SteamcmdSearch {
  const { env } = process;
  return {
    asked: env["LEFT4ME_STEAMCMD"] ?? "",
    home: installerPaths(root).home,
    path: ownPath(),
    accountFile: env["LEFT4ME_STEAM_ACCOUNT_FILE"] ?? "",
  };
}

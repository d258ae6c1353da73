import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { SteamcmdSearch } from "../../../host/diagnosis/steamcmd.ts";

/** The path that services of systemd have, and Debian's directory of games, which left4me-installer adds. */
const servicePath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/usr/games";

/**
 * Where left4me-install.service would look for SteamCMD, as far as this user may know.
 *
 * @param system the root of the file system; tests have one of their own
 */
export function steamcmdSearch(system = "/"): SteamcmdSearch {
  const settings = readEnvironment(join(system, "etc/left4me/install.env"));
  return {
    asked: settings.get("LEFT4ME_STEAMCMD") ?? "",
    home: "/var/lib/left4me-steam",
    path: settings.get("PATH") ?? servicePath,
    accountFile: join(system, "etc/left4me/steam-account"),
  };
}

/** The assignments of an EnvironmentFile= (systemd.exec(5)), quotes around a whole value taken off. Empty when it is closed. */
function readEnvironment(path: string): ReadonlyMap<string, string> {
  let text = "";
  try {
    text = readFileSync(path, "utf8");
  } catch {
    // not there, or root's alone: then the standard places are all that is known
  }
  const pairs = [...text.matchAll(/^\s*([A-Za-z_]\w*)=(.*)$/gm)].map(
    ([, name = "", value = ""]) => [name, unquoted(value.trim())] as const,
  );
  return new Map(pairs);
}

function unquoted(value: string): string {
  return /^(["'])(.*)\1$/.exec(value)?.[2] ?? value;
}

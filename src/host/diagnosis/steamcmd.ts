import { accessSync, constants, statSync } from "node:fs";
import { type Finding, failing, fine, shellWord, warning } from "../../domain/finding.ts";
import { isOnPath, isProgram } from "../../exec/find-program.ts";
import { steamcmdPlaces } from "../install/steamcmd-places.ts";
import type { Check } from "./check.ts";

/** Where the installer would look for SteamCMD, as far as the daemon knows. */
export type SteamcmdSearch = {
  /** LEFT4ME_STEAMCMD of the installer; "" = not set. */
  readonly asked: string;
  /** The installer's HOME; it keeps a SteamCMD that it has downloaded. */
  readonly home: string;
  /** The installer's PATH. */
  readonly path: string;
  /** A file with the Steam account; "" = none. */
  readonly accountFile: string;
};

/** Whether there is a SteamCMD and a terminal for it, and the account's file is closed to others. @param search asked at every run */
export function steamcmd(search: () => SteamcmdSearch): Check {
  return {
    name: "steamcmd",
    run() {
      const places = search();
      return [judgeSteamcmd(places), ...judgeTerminal(places.path), ...judgeAccount(places.accountFile)];
    },
  };
}

function judgeSteamcmd({ asked, home, path }: SteamcmdSearch): Finding {
  if (asked !== "")
    return isProgram(asked)
      ? fine("steamcmd", `SteamCMD is ${asked}`)
      : warning(
          "steamcmd",
          `LEFT4ME_STEAMCMD is ${asked}, which is no absolute path of a program that can be run`,
          "correct it (package: sudo editor /etc/left4me/install.env), or remove it so that SteamCMD is looked for",
        );
  const found = steamcmdPlaces(home, path).find(isProgram);
  if (found !== undefined) return fine("steamcmd", `SteamCMD is ${found}`);
  if (isClosed(home)) return fine("steamcmd", `no SteamCMD is on PATH; whether one was downloaded to ${home} cannot be seen from here`);
  return warning(
    "steamcmd",
    "there is no SteamCMD: the game cannot be installed through it",
    "l4d2ctl install --bootstrap-steamcmd, or sudo apt-get install steamcmd (non-free, i386)",
  );
}

function judgeTerminal(path: string): Finding[] {
  if (isOnPath("script", path)) return [];
  const problem = `script(1) is not on the installer's PATH (${path}): what SteamCMD prints is read in lumps, and its questions not at all`;
  return [warning("steamcmd-terminal", problem, "sudo apt-get install --reinstall bsdutils")];
}

function judgeAccount(path: string): Finding[] {
  const found = path === "" ? undefined : statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return [];
  const mode = (found.mode & 0o7777).toString(8).padStart(4, "0");
  if ((found.mode & 0o077) === 0) return [fine("steam-account", `${path} is closed to others (mode ${mode})`)];
  const cure = `sudo chmod 0600 ${shellWord(path)}`;
  return [failing("steam-account", `others than its owner have a part in ${path} (mode ${mode}), which holds a password`, cure)];
}

/** It is there, and this user may not look into it. */
function isClosed(directory: string): boolean {
  try {
    accessSync(directory, constants.X_OK);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EACCES";
  }
}

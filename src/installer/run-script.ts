import { randomBytes } from "node:crypto";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SteamAccount } from "./steam-account.ts";

/** The platforms in the order in which they are installed. */
export type Platform = "windows" | "linux";

/** What one run of SteamCMD is to install; undefined = nothing, it only logs in. */
export type Installation = { readonly platform: Platform; readonly game: string; readonly validate: boolean };

const prefix = "runscript-";

/** The commands of one run, as a script for `+runscript`: on the command line everybody could read the password. */
export function scriptText(account: SteamAccount, installation: Installation | undefined): string {
  const login = account.password === undefined ? `login ${account.name}` : `login ${account.name} "${account.password}"`;
  const lines = ["@ShutdownOnFailedCommand 1", "@NoPromptForPassword 1"];
  if (installation === undefined) return `${[...lines, login, "quit"].join("\n")}\n`;
  const { platform, game, validate } = installation;
  if (/["\r\n]/.test(game)) throw new Error(`SteamCMD cannot be told the directory ${JSON.stringify(game)}`);
  // The directory has to be known before the login, the platform before the update.
  lines.push(`@sSteamCmdForcePlatformType ${platform}`, `force_install_dir "${game}"`, login);
  return `${[...lines, `app_update 222860${validate ? " validate" : ""}`, "quit"].join("\n")}\n`;
}

/** Writes a script that nobody else can read. */
export function writeScript(home: string, text: string): string {
  const path = join(home, `${prefix}${randomBytes(8).toString("hex")}.txt`);
  writeFileSync(path, text, { mode: 0o600, flag: "wx" });
  return path;
}

/** Removes the scripts that a killed installer has left: they may hold a password. */
export function removeScripts(home: string): void {
  for (const name of readdirSync(home)) if (name.startsWith(prefix)) rmSync(join(home, name), { force: true });
}

import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { dirname } from "node:path";
import { errorCode } from "../host/files/disk-full.ts";
import { InstallationFailed } from "./installation-failed.ts";
import type { InstallerSettings } from "./installer-settings.ts";

/** As whom the game is downloaded. */
export type SteamAccount = { readonly name: string; readonly password?: string };

const anonymous: SteamAccount = { name: "anonymous" };
const longestFile = 4096;
/** A shorter one would be found all over the log, and Steam takes none. */
const shortestPassword = 4;
/** Steam takes none that is longer; {@link OutputLines} keeps enough of a line to find it. */
const longestPassword = 256;

/**
 * Reads the account: two lines, the user and the password. No file, or an empty one, means the anonymous account.
 *
 * @throws InstallationFailed STEAM_ACCOUNT_UNUSABLE
 */
export function readSteamAccount({ accountFile, credentials }: InstallerSettings): SteamAccount {
  if (accountFile === undefined) return anonymous;
  // Credentials of a unit are for it alone, but their mode may let a group read.
  const text = readPrivate(accountFile, dirname(accountFile) === credentials);
  const [name = "", password = "", ...rest] = text.split("\n").map((line) => line.replace(/\r$/, ""));
  if (text.trim() === "" || (name === anonymous.name && password === "")) return anonymous;
  const problem = problemOf(name, password, rest.join(""));
  if (problem !== undefined) throw unusable(accountFile, problem);
  return { name, password };
}

function problemOf(name: string, password: string, rest: string): string | undefined {
  if (name === "" || password === "") return "it needs the user in its first line and the password in the second";
  if (rest.trim() !== "") return "it has more than two lines";
  if (!/^\w{1,64}$/.test(name)) return "its first line is no name of a Steam account";
  if (password.length < shortestPassword) return `the password has less than ${shortestPassword} characters`;
  if (password.length > longestPassword) return `the password has more than ${longestPassword} characters`;
  // SteamCMD has no way to write these.
  if (/["\u0000-\u001f\u007f]/.test(password))
    return "the password has a double quote or a control character, which SteamCMD cannot be told";
  return undefined;
}

function readPrivate(path: string, isCredential: boolean): string {
  const descriptor = openOrNothing(path);
  if (descriptor === undefined) return "";
  try {
    const found = fstatSync(descriptor);
    if (!found.isFile()) throw unusable(path, "it is no regular file");
    if (found.size > longestFile) throw unusable(path, `it is longer than ${longestFile} bytes`);
    const bytes = Buffer.alloc(longestFile);
    const text = bytes.subarray(0, readSync(descriptor, bytes)).toString();
    if (text.trim() !== "" && !isCredential && (found.mode & 0o077) !== 0)
      throw unusable(
        path,
        `others than its owner have a part in it (mode ${(found.mode & 0o7777).toString(8).padStart(4, "0")}); chmod 0600`,
      );
    return text;
  } finally {
    closeSync(descriptor);
  }
}

/** A pipe in the file's place must not stop us. */
function openOrNothing(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw unusable(path, `it cannot be read (${errorCode(error)})`);
  }
}

function unusable(path: string, problem: string): InstallationFailed {
  return new InstallationFailed("STEAM_ACCOUNT_UNUSABLE", { path, problem });
}

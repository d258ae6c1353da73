import type { FailureReason } from "./failure-table.ts";
import { stateReason } from "./state-reason.ts";

/** How far SteamCMD is. Bytes are left out while it does not know them. */
export type Progress = {
  readonly phase: "PREPARING" | "DOWNLOADING" | "VERIFYING";
  readonly percent?: number;
  readonly doneBytes?: number;
  readonly totalBytes?: number;
};

/** Why SteamCMD says that it fails. */
export type ToldFailure = {
  readonly reason: FailureReason;
  /** Such as `0x402`. */
  readonly state?: string;
  /** In SteamCMD's words; the whole line when its reason is not known. */
  readonly problem?: string;
  /** It now waits for somebody who is not there. */
  readonly isWaiting?: true;
};

/** What a line of SteamCMD's output says. */
export type LineMeaning =
  | { readonly type: "progress"; readonly progress: Progress; readonly state: number }
  | { readonly type: "failure"; readonly failure: ToldFailure }
  | { readonly type: "installed" | "current" | "logged-in" | "restarting" };

/**
 * Reads a line of SteamCMD's; undefined when it says nothing that we need.
 *
 * SteamCMD documents none of them; the lines are known from the reports of its users, where nothing else is said.
 */
export function readLine(text: string): LineMeaning | undefined {
  if (text === "Success! App '222860' fully installed.") return { type: "installed" };
  if (text === "Success! App '222860' already up to date.") return { type: "current" };
  if (/^\[-{4}\] Update complete, launching/.test(text)) return { type: "restarting" };
  if (/Steam Public\.\.\.(?:Logged in )?OK$/.test(text)) return { type: "logged-in" };
  const failure = loginFailure(text) ?? installFailure(text);
  return failure === undefined ? readProgress(text) : { type: "failure", failure };
}

function loginFailure(text: string): ToldFailure | undefined {
  if (/^(?:Please confirm the login in the Steam Mobile app|Waiting for confirmation)/.test(text))
    return { reason: "STEAM_LOGIN_FAILED", problem: "Steam Guard waits for a confirmation in the mobile app", isWaiting: true };
  const match =
    /(?:^|Public\.\.\.\s*)(?:FAILED|ERROR) \((.+)\)\s*$/.exec(text) ??
    /FAILED (?:login )?with result code (.+)$/.exec(text) ??
    /^Login Failure: (.+)$/.exec(text);
  const problem = match?.[1];
  if (problem === undefined) return undefined;
  if (/rate limit/i.test(problem)) return { reason: "STEAM_RATE_LIMITED", problem };
  if (/no connection|time(?:d )?out|service unavailable|try another|connect failed/i.test(problem))
    return { reason: "STEAM_NETWORK", problem };
  return { reason: "STEAM_LOGIN_FAILED", problem };
}

/** The words in which SteamCMD says why it does not install. */
const installProblems: readonly (readonly [RegExp, FailureReason])[] = [
  [/no subscription/i, "STEAM_NO_SUBSCRIPTION"],
  [/invalid platform/i, "STEAM_INVALID_PLATFORM"],
  [/missing configuration/i, "STEAM_MISSING_CONFIGURATION"],
  [/no connection|not online|timeout|timed out/i, "STEAM_NETWORK"],
  [/disk write/i, "STEAM_DISK_WRITE"],
  [/disk space/i, "DISK_FULL"],
  [/missing (?:update|game) files/i, "STEAM_MISSING_FILES"],
  [/corrupt/i, "STEAM_CORRUPT"],
];

function installFailure(text: string): ToldFailure | undefined {
  if (/^ERROR! Timed out waiting for AppInfo/i.test(text)) return { reason: "STEAM_TIMED_OUT" };
  // Of the program itself (Debian's package, run without a network), before it has updated itself; it then ends with 254.
  if (/Fatal Error: Steamcmd needs to be online to update/i.test(text)) return { reason: "STEAM_NETWORK" };
  const state = /^Error! (?:App '\d+' )?state is (0x[0-9a-f]+) after update job/i.exec(text)?.[1];
  if (state !== undefined) return { reason: stateReason(state), state };
  const problem = /^ERROR! Failed to (?:install|update|request) (.+)$/i.exec(text)?.[1];
  if (problem === undefined) return undefined;
  const known = installProblems.find(([words]) => words.test(problem));
  return known === undefined ? { reason: "STEAMCMD_FAILED", problem: text } : { reason: known[1], problem };
}

function readProgress(text: string): LineMeaning | undefined {
  const match = /^\s*Update state \((0x[0-9a-f]+)\) .*progress: (\d+)(?:[.,](\d+))? \((\d+) \/ (\d+)\)/i.exec(text);
  if (match === null) return selfUpdate(text);
  const [, state = "", whole = "", fraction = "0", done, total] = match;
  const bytes = figures(Number(done), Number(total));
  const percent = Math.min(100, Number(`${whole}.${fraction}`));
  const phase = phaseOf(Number(state));
  return { type: "progress", state: Number(state), progress: { phase, ...(bytes === undefined ? {} : { percent, ...bytes }) } };
}

/** 0 of 0 is what SteamCMD prints while it does not know. */
function figures(doneBytes: number, totalBytes: number): { readonly doneBytes: number; readonly totalBytes: number } | undefined {
  return totalBytes > 0 && Number.isSafeInteger(totalBytes) && Number.isSafeInteger(doneBytes) ? { doneBytes, totalBytes } : undefined;
}

/** The bits of an update's state: 0x60 downloads; 0x4 and 0x80 verify, 0x100 commits; the others prepare. */
function phaseOf(state: number): Progress["phase"] {
  if ((state & 0x184) !== 0) return "VERIFYING";
  return (state & 0x60) === 0 ? "PREPARING" : "DOWNLOADING";
}

function selfUpdate(text: string): LineMeaning | undefined {
  const percent = /^\[ *(\d{1,3})%\]/.exec(text)?.[1];
  if (percent === undefined) return undefined;
  return { type: "progress", state: 0, progress: { phase: "PREPARING", percent: Math.min(100, Number(percent)) } };
}

import { constants } from "node:os";
import type { ProcessEnd } from "../exec/start-process.ts";
import type { FailureReason } from "./failure-table.ts";
import { diskFull } from "./free-space.ts";
import type { InstallContext } from "./install-context.ts";
import { type FailureDetails, InstallationFailed } from "./installation-failed.ts";
import type { ToldFailure } from "./read-line.ts";
import type { Installation } from "./run-script.ts";
import type { RunReport } from "./run-steamcmd.ts";

/** SteamCMD ends so when it has updated itself and wants to be run again. */
const restartCode = 42;
const successLine = "the line \"Success! App '222860' fully installed.\"";

/** What is to be done behind a run. */
export type Verdict = "done" | "run-again" | InstallationFailed;

/** Judges how a run ended. @param tries so many runs were made for this installation */
export function judgeRun(context: InstallContext, installation: Installation | undefined, report: RunReport, tries: number): Verdict {
  const details: FailureDetails = { ...exitCodeOf(report.end), stderr: report.stderr };
  const platform = installation?.platform ?? "";
  if (report.needsBytes !== undefined) return diskFull(context.game, report.needsBytes, { stderr: report.stderr });
  if (isNotExecuted(report.end))
    return new InstallationFailed("STEAMCMD_NOT_RUNNABLE", { path: context.steamcmd.file, problem: lastLineOf(report) }, details);
  if (report.wasSilent) return timedOut(context, platform, tries, report.stderr);
  if (report.failure !== undefined) return decode(context, report.failure, { platform, tries }, report, details);
  if (report.end.exitCode === restartCode || (report.said.has("restarting") && !report.said.has("logged-in"))) return "run-again";
  if (installation === undefined) return isGood(report.end) ? "done" : unknownEnd(report, details);
  // Behind its success SteamCMD may crash while it ends; the proofs decide then.
  if (report.said.has("installed") || (!installation.validate && report.said.has("current"))) return "done";
  if (!isGood(report.end)) return unknownEnd(report, details);
  return new InstallationFailed("INSTALL_INCOMPLETE", { missing: `${successLine} for ${platform}` }, details);
}

/** Failures that go away by themselves. A refused login never does, and tries make it worse. */
export function isPassing({ failure }: InstallationFailed): boolean {
  const passing: readonly FailureReason[] = ["STEAM_MISSING_CONFIGURATION", "STEAM_TIMED_OUT", "STEAM_NETWORK"];
  return failure.metadata["silence_seconds"] === undefined && passing.some((reason) => reason === failure.reason);
}

function decode(
  context: InstallContext,
  { reason, state = "", problem = "" }: ToldFailure,
  { platform, tries }: { readonly platform: string; readonly tries: number },
  report: RunReport,
  details: FailureDetails,
): InstallationFailed {
  const account = context.account.name;
  switch (reason) {
    case "DISK_FULL":
      return diskFull(context.game, undefined, details);
    case "STEAM_LOGIN_FAILED":
      return new InstallationFailed(reason, { account, problem }, details);
    case "STEAM_RATE_LIMITED":
      return new InstallationFailed(reason, { account }, details);
    case "STEAM_NO_SUBSCRIPTION":
    case "STEAM_INVALID_PLATFORM":
      return new InstallationFailed(reason, { account, platform }, details);
    case "STEAM_MISSING_CONFIGURATION":
    case "STEAM_TIMED_OUT":
      return new InstallationFailed(reason, { platform, tries: String(tries) }, details);
    case "STEAM_NETWORK":
      return new InstallationFailed(reason, { state, tries: String(tries) }, details);
    case "STEAMCMD_FAILED":
      return unknownEnd(report, details, problem);
    default:
      return new InstallationFailed(reason, { state }, details);
  }
}

function timedOut({ settings }: InstallContext, platform: string, tries: number, stderr: string): InstallationFailed {
  const metadata = { platform, tries: String(tries), silence_seconds: String(settings.silenceMs / 1000) };
  return new InstallationFailed("STEAM_TIMED_OUT", metadata, { stderr });
}

/** A shell ends so when it cannot execute a program. */
function isNotExecuted({ exitCode }: ProcessEnd): boolean {
  return exitCode === 126 || exitCode === 127;
}

function unknownEnd(report: RunReport, details: FailureDetails, lastLine = lastLineOf(report)): InstallationFailed {
  const { end } = report;
  const how = end.signal === undefined ? { exit_code: String(end.exitCode ?? "") } : { signal: end.signal };
  return new InstallationFailed("STEAMCMD_FAILED", { ...signalOf(end, how), last_line: lastLine }, details);
}

/** A shell tells the signal that ended its child as 128 + its number. */
function signalOf({ exitCode }: ProcessEnd, otherwise: Record<string, string>): Record<string, string> {
  const name = Object.entries(constants.signals).find(([, number]) => exitCode === 128 + number)?.[0];
  return name === undefined ? otherwise : { signal: name };
}

/** What it writes on its two streams comes here in no certain order; a reason to die is written on standard error. */
function lastLineOf({ stderr, lastLine }: RunReport): string {
  return stderr.trim().split("\n").at(-1) || lastLine;
}

function isGood({ exitCode }: ProcessEnd): boolean {
  return exitCode === 0;
}

function exitCodeOf({ exitCode }: ProcessEnd): FailureDetails {
  return exitCode === undefined ? {} : { exitCode };
}

import { ErrorReason, type InstallFailure, type InstallJob, InstallJobSchema, type InstallLine, InstallPhase } from "../../client/index.ts";
import { exitCodeOfReason } from "../failures/exit-code.ts";
import { formatDuration } from "../input/duration.ts";
import { dateOf, wordOf } from "../output/contract-words.ts";
import { messageJson, printJson } from "../output/json-output.ts";
import { printable, printableLines, type Terminal } from "../output/terminal.ts";
import type { Session } from "../session.ts";
import { phaseOf, shownLine } from "./install-text.ts";

/** How long the look at the active build may take that comes after an installation, in milliseconds. */
const lookMs = 1000;

/** Tells how a job ended, which has. Returns the exit code: 0 only when it succeeded. @param lines lines to show of one that did not */
export async function reportOutcome(
  session: Session,
  job: InstallJob,
  { json = false, lines = [] }: { readonly json?: boolean; readonly lines?: readonly InstallLine[] },
): Promise<number> {
  const { terminal } = session;
  if (json) printJson(terminal, messageJson(InstallJobSchema, job));
  if (job.phase === InstallPhase.SUCCEEDED) {
    if (!json) terminal.out(await successOf(session, job));
    return 0;
  }
  printLines(terminal, lines);
  return reportFailed(session, job);
}

/** Lines of SteamCMD below something else, to standard error. */
export function printLines({ err }: Pick<Terminal, "err">, lines: readonly InstallLine[]): void {
  for (const { text } of lines) err(`  | ${shownLine(text)}\n`);
}

async function successOf(session: Session, job: InstallJob): Promise<string> {
  const { buildId, upToDate, activated, baseBuildId, startTime, endTime } = job;
  // Behind a roll-back: what Steam has is here, and the installation puts it back into use.
  if (upToDate && activated)
    return printable(
      `build ${buildId}: here already, nothing was installed; activated in place of ${baseBuildId}; go back: ${session.next(`activate ${baseBuildId}`)}`,
    ).concat("\n");
  const began = dateOf(startTime);
  const ended = dateOf(endTime);
  const span = began === undefined || ended === undefined ? "" : ` in ${formatDuration(ended.getTime() - began.getTime())}`;
  const isActive = activated || (await isActiveBuild(session, buildId));
  const next = isActive === undefined ? "" : isActive ? "; active" : `; activate it: ${session.next(`activate ${buildId}`)}`;
  const restart = isActive === true && !upToDate ? "; running games keep theirs until they are restarted" : "";
  return printable(`build ${buildId}: ${upToDate ? "up to date, nothing was changed" : `installed${span}`}${next}${restart}`).concat("\n");
}

/** A build that a job did not activate was the active one already, or is not wanted yet. Undefined = not known. */
async function isActiveBuild({ client, read: { signal } }: Session, buildId: string): Promise<boolean | undefined> {
  try {
    const { activeBuild } = await client.installation.getInstallation({}, { signal, timeoutMs: lookMs });
    return activeBuild?.id === buildId;
  } catch {
    return undefined;
  }
}

function reportFailed({ terminal, next }: Session, job: InstallJob): number {
  const { phase, failure } = job;
  if (failure !== undefined) return reportFailure(terminal, failure);
  terminal.err(`error: the installation ended: ${phaseOf(job)}\n`);
  if (phase === InstallPhase.CANCELLED) terminal.err(`hint: nothing of it is left; begin again: ${next("install")}\n`);
  return 1;
}

function reportFailure(terminal: Terminal, failure: InstallFailure): number {
  const { stderr, cause, cure } = failure;
  if (stderr !== "") terminal.err(`${printableLines(stderr.replace(/\n$/, ""), shownLine)}\n`);
  terminal.err(`error: ${printableLines(cause)}\n`);
  if (cure !== "") terminal.err(`hint: ${printable(cure)}\n`);
  return exitCodeOf(failure);
}

/** SteamCMD ends with 0 after some of its failures: those have the code of their reason. */
function exitCodeOf({ exitCode = 0, reason }: InstallFailure): number {
  if (exitCode > 0) return Math.min(exitCode, 255);
  const codes: Readonly<Record<string, number>> = exitCodeOfReason;
  return codes[wordOf(ErrorReason, reason)] ?? 1;
}

import { durationMs } from "@bufbuild/protobuf/wkt";
import { type InstallJob, InstallPhase } from "../../client/index.ts";
import { formatBytes } from "../../domain/format-bytes.ts";
import { formatDuration } from "../input/duration.ts";
import { nextCommand } from "../next-command.ts";
import { ageOf, wordOf } from "../output/contract-words.ts";
import { progressBar } from "../output/progress-bar.ts";
import { printable } from "../output/terminal.ts";
import type { GlobalOptions } from "../session.ts";
import type { InstallOptions } from "./install-options.ts";

/** What a job does, in a word: `downloading`. */
export function phaseOf({ phase }: Pick<InstallJob, "phase">): string {
  return wordOf(InstallPhase, phase).toLowerCase() || "at work";
}

/** How far a job is within its phase: `41 %, 3.1 GiB of 7.6 GiB, 12.0 MiB/s, 6 min left`. "" when nothing of it is known. */
export function progressOf({ percent, doneBytes, totalBytes, bytesPerSecond, remaining }: InstallJob): string {
  const total = totalBytes === undefined ? "" : ` of ${formatBytes(totalBytes)}`;
  return [
    percent === undefined ? "" : `${Math.floor(percent)} %`,
    doneBytes === undefined ? "" : `${formatBytes(doneBytes)}${total}`,
    bytesPerSecond === undefined ? "" : `${formatBytes(bytesPerSecond)}/s`,
    remaining === undefined ? "" : `${formatDuration(durationMs(remaining))} left`,
  ]
    .filter((part) => part !== "")
    .join(", ");
}

/** A job's phase and progress in one line: `downloading: 41 %, …`. @param barWidth with a bar of so many characters; 0 = without */
export function activityOf(job: InstallJob, barWidth = 0): string {
  const bar = barWidth > 0 && job.percent !== undefined ? [progressBar(job.percent / 100, barWidth)] : [];
  const progress = [...bar, progressOf(job)].filter((part) => part !== "").join(" ");
  return progress === "" ? phaseOf(job) : `${phaseOf(job)}: ${progress}`;
}

/** How a job stands or ended, in one line. */
export function jobState(job: InstallJob): string {
  const { phase, buildId, upToDate, failure } = job;
  if (phase === InstallPhase.SUCCEEDED) return `succeeded, build ${buildId}${upToDate ? " was up to date" : ""}`;
  if (phase === InstallPhase.FAILED && failure !== undefined) return `failed: ${failure.cause}`;
  return activityOf(job);
}

/** A line of SteamCMD as it may be shown: it colours some of them, and nothing that it writes may command a terminal. */
export function shownLine(text: string): string {
  return printable(text.replace(/\x1b\[[0-9;]*m/g, ""));
}

/** How to see more of a job that goes on without its watcher. */
export function jobHint({ id }: Pick<InstallJob, "id">, { address }: GlobalOptions): string {
  const next = nextCommand(address);
  return `follow it: ${next(`install --attach ${id}`)}; cancel it: ${next(`install --cancel ${id}`)}`;
}

/** That somebody else's job runs, which the options of a command that asked for one do not change, and what it does otherwise. */
export function runningAlready(job: InstallJob, { validate = false, activate }: InstallOptions): string {
  const differences = [
    ...(job.validate === validate ? [] : [withOption("--validate", job.validate)]),
    ...(job.keepActiveBuild === !activate ? [] : [withOption("--no-activate", job.keepActiveBuild)]),
  ];
  const begun = differences.length === 0 ? "" : `: it was begun ${differences.join(" and ")}`;
  return `job ${job.id} has been running for ${ageOf(job.startTime)}; the options of this command do not change it${begun}`;
}

function withOption(option: string, isSet: boolean): string {
  return `${isSet ? "with" : "without"} ${option}`;
}

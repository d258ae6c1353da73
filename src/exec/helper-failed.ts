import { HostError } from "../domain/host-error.ts";

/** What is known of a command that failed. */
export type FailedCommand = {
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly stderr?: string | undefined;
  readonly timedOut?: boolean;
  /** It was left to itself after so many milliseconds. */
  readonly leftAfterMs?: number;
  readonly code?: string | undefined;
};

/** The error for a command that failed: what was run, how it ended, and what it said (at most 4 KiB, the end kept). */
export function helperFailed(command: readonly string[], result: FailedCommand): HostError {
  const stderr = clipStart(result.stderr ?? "", 3000);
  const outcome = describeOutcome(result);
  const shown = command.join(" ");
  return new HostError("HELPER_FAILED", `${clipEnd(shown, 500)} ${outcome}${stderr === "" ? "" : `: ${stderr}`}`, {
    metadata: {
      command: clipEnd(shown, 500),
      exit_code: result.exitCode === undefined ? "" : String(result.exitCode),
      ...(result.signal === undefined ? {} : { signal: result.signal }),
      stderr,
    },
  });
}

function describeOutcome(result: FailedCommand): string {
  if (result.leftAfterMs !== undefined) return `timed out after ${result.leftAfterMs / 1000} s; it may still go on`;
  if (result.timedOut === true) return "did not end in time and was killed";
  if (result.signal !== undefined) return `was killed by ${result.signal}`;
  if (result.exitCode !== undefined) return `exited with code ${result.exitCode}`;
  return `could not be run (${result.code ?? "unknown"})`;
}

function clipStart(text: string, length: number): string {
  const trimmed = text.trim();
  return trimmed.length <= length ? trimmed : `…${trimmed.slice(1 - length)}`;
}

function clipEnd(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

import { execa } from "execa";
import { HostError } from "../domain/host-error.ts";

/** Options of {@link run}. */
export type RunOptions = {
  /** Text for standard input. Default: empty. */
  readonly input?: string;
  /** After so many milliseconds the command is killed. Default: 30 000. */
  readonly timeoutMs?: number;
  /** Kills the command. */
  readonly signal?: AbortSignal;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
};

/**
 * Runs a program to its end and returns its standard output.
 *
 * @throws HostError HELPER_FAILED with the command, its exit code (or signal) and the stderr of this invocation
 */
export async function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await execa(file, args, {
    reject: false,
    input: options.input ?? "",
    timeout: options.timeoutMs ?? 30_000,
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env }),
  });
  if (!result.failed) return result.stdout;
  throw helperFailed([file, ...args], result);
}

/** What is known of a command that failed. */
export type FailedCommand = {
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly stderr?: string | undefined;
  readonly timedOut?: boolean;
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
      stderr,
    },
  });
}

function describeOutcome(result: FailedCommand): string {
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

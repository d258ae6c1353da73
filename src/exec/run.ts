import { execa } from "execa";
import { helperFailed } from "./helper-failed.ts";

/** Options of {@link run}. */
export type RunOptions = {
  /** Text for standard input. Default: empty. */
  readonly input?: string;
  /** After so many milliseconds the command is killed; 0 = never. Default: 30 000. */
  readonly timeoutMs?: number;
  /**
   * The command cannot be killed by this user (it is root's, by sudo): when its time is over it is left to itself, and
   * the error says so. Default: false.
   */
  readonly outOfReach?: boolean;
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
  const timeoutMs = options.timeoutMs ?? 30_000;
  const ending = execa(file, args, {
    reject: false,
    input: options.input ?? "",
    timeout: options.outOfReach === true ? 0 : timeoutMs,
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env }),
  });
  const result = options.outOfReach === true && timeoutMs > 0 ? await orLeft(ending, timeoutMs) : await ending;
  if (!result.failed) return result.stdout;
  throw helperFailed([file, ...args], result);
}

/** How a command that nobody can kill ended, or that it did not in time. It goes on, and is reaped when it ends. */
async function orLeft<T>(ending: Promise<T>, timeoutMs: number): Promise<T | { readonly failed: true; readonly leftAfterMs: number }> {
  const left = Promise.withResolvers<{ readonly failed: true; readonly leftAfterMs: number }>();
  const timer = setTimeout(() => left.resolve({ failed: true, leftAfterMs: timeoutMs }), timeoutMs);
  try {
    return await Promise.race([ending, left.promise]);
  } finally {
    clearTimeout(timer);
  }
}

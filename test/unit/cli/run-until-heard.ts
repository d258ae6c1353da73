import type { RunResult } from "./fake-terminal.ts";

/**
 * Runs a command that only its `--timeout` ends, with twice the time again while it was over before anything was heard of the host.
 *
 * @returns the last run, and the seconds of its `--timeout`
 */
export async function runUntilHeard<Result extends RunResult>(
  run: (timeout: string) => Promise<Result>,
  hasHeard: (result: Result) => boolean,
): Promise<Result & { readonly seconds: number }> {
  for (let milliseconds = 100; ; milliseconds *= 2) {
    const result = await run(`${milliseconds}ms`);
    if (hasHeard(result) || milliseconds > 30_000) return { ...result, seconds: milliseconds / 1000 };
  }
}

import { type ChildProcess, spawn } from "node:child_process";
import { helperFailed } from "./helper-failed.ts";

/** Options of {@link startProcess}; environment and descriptors are exactly what is given. */
export type StartProcessOptions = {
  readonly cwd?: string;
  readonly env: Readonly<Record<string, string>>;
  /** Descriptors that it writes to. Default: nothing. */
  readonly stdout?: number;
  readonly stderr?: number;
  /** Descriptors that it inherits as 3, 4, … */
  readonly inherited?: readonly number[];
};

/** How a process ended: one of the two is known. */
export type ProcessEnd = { readonly exitCode?: number; readonly signal?: string };

/** A process that goes on without us. */
export type StartedProcess = {
  readonly pid: number;
  /** Resolves when it has ended and has been reaped. Never rejects. */
  readonly ended: Promise<ProcessEnd>;
  /** From now on it no longer keeps this program alive. */
  readonly release: () => void;
};

/**
 * Starts a long-lived process in a session of its own: neither Ctrl-C in our terminal nor our end reaches it.
 *
 * @throws HostError HELPER_FAILED when it cannot be executed
 */
export function startProcess(file: string, args: readonly string[], options: StartProcessOptions): StartedProcess {
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: { ...options.env },
    detached: true,
    stdio: ["ignore", options.stdout ?? "ignore", options.stderr ?? "ignore", ...(options.inherited ?? [])],
  });
  const ended = endOf(child);
  if (child.pid === undefined)
    throw helperFailed([file, ...args], { code: "not executed: it is not there, or this process has no descriptor or process left" });
  return { pid: child.pid, ended, release: () => child.unref() };
}

/** `error` comes instead of `exit` for what could not be executed. */
function endOf(child: ChildProcess): Promise<ProcessEnd> {
  return new Promise((resolve) => {
    child.once("exit", (exitCode, signal) => resolve(exitCode === null ? { signal: signal ?? "unknown" } : { exitCode }));
    child.once("error", () => resolve({}));
  });
}

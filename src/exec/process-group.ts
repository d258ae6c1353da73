import { type ChildProcess, spawn } from "node:child_process";
import { helperFailed } from "./helper-failed.ts";
import type { ProcessEnd } from "./start-process.ts";

/** Options of {@link startProcessGroup}; the environment is exactly what is given. */
export type ProcessGroupOptions = {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** A descriptor that takes its standard output, of which `onOutput` then hears nothing. Default: a pipe. */
  readonly stdout?: number;
  /** Is called with each piece of output as it comes. */
  readonly onOutput: (stream: "stdout" | "stderr", bytes: Buffer) => void;
};

/** A program and what it has started, as long as that stays in its process group. */
export type ProcessGroup = {
  /** Resolves when the program has ended, all of its output was handed out, and nothing of its group is left. Never rejects. */
  readonly ended: Promise<ProcessEnd>;
  /** SIGTERM to all of it, and after `graceMs` milliseconds SIGKILL. */
  readonly end: (graceMs: number) => void;
};

/** So long what a program leaves behind may hold its output open, in milliseconds. */
const leftoverMs = 1000;

/**
 * Starts a program in a process group of its own, so that all of it can be ended.
 *
 * @throws HostError HELPER_FAILED when it cannot be executed
 */
export function startProcessGroup(file: string, args: readonly string[], options: ProcessGroupOptions): ProcessGroup {
  const { cwd, env, stdout = "pipe" } = options;
  const child = spawn(file, args, { cwd, env: { ...env }, detached: true, stdio: ["ignore", stdout, "pipe"] });
  child.on("error", () => {}); // what could not be executed has no pid
  if (child.pid === undefined) throw helperFailed([file, ...args], { code: "not executed" });
  const { pid } = child;
  child.stdout?.on("data", (bytes: Buffer) => options.onOutput("stdout", bytes));
  child.stderr?.on("data", (bytes: Buffer) => options.onOutput("stderr", bytes));
  const ended = endOfGroup(child, pid);
  const end = (graceMs: number) => {
    signalGroup(pid, "SIGTERM");
    const timer = setTimeout(() => signalGroup(pid, "SIGKILL"), graceMs);
    void ended.then(() => clearTimeout(timer));
  };
  return { ended, end };
}

function endOfGroup(child: ChildProcess, pid: number): Promise<ProcessEnd> {
  return new Promise((resolve) => {
    child.once("exit", () => setTimeout(() => signalGroup(pid, "SIGKILL"), leftoverMs).unref());
    child.once("close", (exitCode, signal) => {
      signalGroup(pid, "SIGKILL");
      resolve(exitCode === null ? { signal: signal ?? "unknown" } : { exitCode });
    });
  });
}

/** A group that is no more is what we want. */
function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {}
}

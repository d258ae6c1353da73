import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** A daemon with a fake host in a process of its own. */
export type DaemonProcess = {
  readonly child: ChildProcess;
  readonly output: () => { stdout: string; stderr: string };
  /** Resolves with the exit code, or the signal's name. */
  readonly ended: Promise<number | string>;
  /** Resolves when it says that it listens, or has ended. */
  readonly listening: Promise<unknown>;
};

/** Starts `left4me-hostd` with these arguments. */
export function daemonProcess(args: readonly string[], env: NodeJS.ProcessEnv = {}): DaemonProcess {
  const script = new URL("fake-daemon.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [script, ...args], { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  const output = { stdout: "", stderr: "" };
  const said = Promise.withResolvers<void>();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output.stdout += text;
    if (output.stdout.includes("listening on")) said.resolve();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output.stderr += text;
  });
  const ended = once(child, "close").then(([code, signal]: (number | string)[]) => code ?? signal ?? -1);
  return { child, output: () => output, ended, listening: Promise.race([said.promise, ended]) };
}

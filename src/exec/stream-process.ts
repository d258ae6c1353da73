import { spawn } from "node:child_process";
import { helperFailed } from "./helper-failed.ts";

/** A program whose output is read while it runs. */
export type StreamedProcess = {
  /** What it prints, as it comes. A reader that pauses lets the program wait; one that leaves ends it. */
  readonly output: AsyncIterable<Buffer>;
  /** Resolves when it has ended. @throws HostError HELPER_FAILED unless it ended well, or because of `stop` */
  readonly ended: Promise<void>;
  /** Closes the pipe: the program ends with its next word. Works for programs of root's as well, which nobody may signal. */
  stop(): void;
};

/** So much of what it says on standard error is kept: the end, in bytes. */
const keptErrorBytes = 8192;

/**
 * Starts a program and hands out what it prints. It has a session of its own and does not keep this program alive.
 *
 * @throws HostError HELPER_FAILED when it cannot be executed
 */
export function streamProcess(file: string, args: readonly string[], env: Readonly<Record<string, string>>): StreamedProcess {
  const child = spawn(file, args, { env: { ...env }, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  child.on("error", () => {}); // what could not be executed has no pid
  if (child.pid === undefined) throw helperFailed([file, ...args], { code: "not executed" });
  child.unref();
  const { stdout } = child;
  let isStopped = false;
  let said = Buffer.alloc(0);
  child.stderr.on("data", (bytes: Buffer) => {
    said = Buffer.concat([said, bytes]).subarray(-keptErrorBytes);
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.once("close", (exitCode, signal) => {
      if (isStopped || exitCode === 0) return resolve();
      const end = exitCode === null ? { signal: signal ?? "unknown" } : { exitCode };
      reject(helperFailed([file, ...args], { ...end, stderr: said.toString() }));
    });
  });
  ended.catch(() => {}); // who wants to know asks
  const stop = () => {
    isStopped = true;
    stdout.destroy();
  };
  return { output: bytesOf(stdout, () => isStopped), ended, stop };
}

/** A pipe that was closed by us ends like any other. */
async function* bytesOf(output: AsyncIterable<unknown>, isStopped: () => boolean): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of output) yield chunk as Buffer;
  } catch (error) {
    if (!isStopped()) throw error;
  }
}

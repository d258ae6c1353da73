import { closeSync, constants, openSync, readFileSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { helperFailed, run } from "../../../exec/run.ts";
import { type StartedProcess, startProcess } from "../../../exec/start-process.ts";

/** A program whose output is read while it runs. */
export type PipedProcess = {
  /** What it prints, as it comes. A reader that pauses lets the program wait; one that leaves ends it. */
  readonly output: AsyncIterable<Buffer>;
  /** Resolves when it has ended. @throws HostError HELPER_FAILED unless it ended well, or because of `stop` */
  readonly ended: Promise<void>;
  /** Closes the pipe: the program ends with its next word, journalctl at once. Works for programs of root's as well. */
  stop(): void;
};

const environment = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8" };

/** Starts programs whose output comes through named pipes in a directory of ours; the pipes are used again. */
export class PipedProcesses {
  readonly #directory: string;
  readonly #free: string[] = [];
  #made = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** @throws HostError HELPER_FAILED when it cannot be executed */
  async start(file: string, args: readonly string[]): Promise<PipedProcess> {
    const pipe = this.#free.pop() ?? (await this.#make());
    const reading = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    let process: StartedProcess;
    try {
      process = launch(file, args, pipe);
    } catch (error) {
      closeSync(reading);
      this.#free.push(pipe);
      throw error;
    }
    process.release();
    const output = new Socket({ fd: reading, readable: true, writable: false });
    let isStopped = false;
    const closed = new Promise<void>((resolve) => output.once("close", () => resolve()));
    const ended = process.ended.then((end) => {
      void closed.then(() => this.#free.push(pipe));
      if (isStopped || output.destroyed || end.exitCode === 0) return;
      throw helperFailed([file, ...args], { ...end, stderr: readFileSync(`${pipe}.err`, "utf8") });
    });
    ended.catch(() => {}); // who wants to know asks
    const stop = () => {
      isStopped = true;
      output.destroy();
    };
    return { output: bytesOf(output, () => isStopped), ended, stop };
  }

  /** Removes the pipes. */
  close(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #make(): Promise<string> {
    this.#made += 1;
    const path = join(this.#directory, `pipe-${this.#made}`);
    await run("mkfifo", ["-m", "600", path]);
    return path;
  }
}

function launch(file: string, args: readonly string[], pipe: string): StartedProcess {
  const stdout = openSync(pipe, constants.O_WRONLY);
  const stderr = openSync(`${pipe}.err`, "w", 0o600);
  try {
    return startProcess(file, args, { env: environment, stdout, stderr });
  } finally {
    closeSync(stdout);
    closeSync(stderr);
  }
}

/** A pipe that was closed by us ends like any other. */
async function* bytesOf(output: Socket, isStopped: () => boolean): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of output) yield chunk as Buffer;
  } catch (error) {
    if (!isStopped()) throw error;
  }
}

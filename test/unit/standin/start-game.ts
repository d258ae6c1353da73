import { type ChildProcess, spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const TREE = join(import.meta.dirname, "../../../standin/tree");
const ENGINE = join(TREE, "standin-engine");
/** Far above what any step takes; it only bounds a test that fails. */
const PATIENCE_MS = 60_000;

export type GameOptions = {
  /** Files below the installation by path; the content of left4dead2/cfg/server.cfg is what matters mostly. */
  readonly files?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What is executed, in the installation; the launcher with the usual arguments unless given. */
  readonly command?: readonly string[];
  /** A directory to start in, when it is not the installation. */
  readonly cwd?: string;
};

export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/** One stand-in game in a fresh copy of its installation. Disposing it kills that process and removes the copy. */
export class RunningGame implements AsyncDisposable {
  readonly directory: string;
  readonly process: ChildProcess;
  readonly exited: Promise<Exit>;
  #bytes = Buffer.alloc(0);
  #isOver = false;
  #wake = () => {};

  constructor(directory: string, child: ChildProcess) {
    this.directory = directory;
    this.process = child;
    this.exited = new Promise((resolve) => child.on("close", (code, signal) => resolve({ code, signal })));
    void this.exited.then(() => {
      this.#isOver = true;
      this.#wake();
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        this.#bytes = Buffer.concat([this.#bytes, chunk]);
        this.#wake();
      });
    }
  }

  get output(): string {
    return this.#bytes.toString("utf8");
  }

  get rawOutput(): Buffer {
    return this.#bytes;
  }

  /** The lines between the start of the configuration and the opening of the port: what the configuration printed. */
  get configurationOutput(): string[] {
    const lines = this.output.split("\n");
    const start = lines.findIndex((line) => line.startsWith("Executing dedicated server config file"));
    const end = lines.findIndex((line) => line.startsWith("Network: "));
    return lines.slice(start + 1, end < 0 ? undefined : end);
  }

  /** Waits for the output to match, and returns the match. */
  async waitFor(pattern: RegExp): Promise<RegExpExecArray> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const match = pattern.exec(this.output);
      if (match) return match;
      // Behind its exit the rest of its output may still be on its way.
      if (this.#isOver || Date.now() > deadline) throw new Error(`no ${pattern} in:\n${this.output}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, 100);
      });
    }
  }

  /** Waits until the game is up, and returns its port. */
  async ready(): Promise<number> {
    const [, port] = await this.waitFor(/ports (\d+) SV[\s\S]*VAC secure mode is activated/);
    return Number(port);
  }

  async stop(signal: NodeJS.Signals = "SIGINT"): Promise<Exit> {
    this.process.kill(signal);
    return this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill("SIGKILL");
    await this.exited;
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** Starts the stand-in as the host does, on a free port of 127.0.0.1. */
export async function startGame(options: GameOptions = {}): Promise<RunningGame> {
  const directory = await mkdtemp(join(tmpdir(), "standin-"));
  // The code is only read, and linking it saves half of a test's time; what a test may change is copied.
  await cp(TREE, directory, { recursive: true, filter: (path) => path !== ENGINE });
  await symlink(ENGINE, join(directory, "standin-engine"));
  for (const [path, content] of Object.entries(options.files ?? {})) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content);
  }
  const launcher = ["./srcds_run", "-game", "left4dead2", "-strictportbind", "-norestart", "-ip", "127.0.0.1"];
  // Port 0 lets the kernel choose: no other test can take it in between.
  const [file = "", ...args] = options.command ?? [...launcher, "+hostport", "0", ...(options.args ?? [])];
  const child = spawn(file, args, {
    cwd: options.cwd ?? directory,
    // The launcher looks for node in PATH: let it find the one that runs this test.
    env: { PATH: `${dirname(process.execPath)}:${process.env["PATH"]}`, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  return new RunningGame(directory, child);
}

/** A game that executes these lines as its server.cfg. */
export function startWithConfig(config: readonly string[], args: readonly string[] = []): Promise<RunningGame> {
  return startGame({ files: { "left4dead2/cfg/server.cfg": `${config.join("\n")}\n` }, args });
}

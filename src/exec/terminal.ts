import { type ChildProcessByStdio, spawn } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import type { Readable, Writable } from "node:stream";

/** A pseudo-terminal that a program can be given as its standard output. */
export type Terminal = {
  /** The terminal's descriptor. Ours until {@link Terminal.close}. */
  readonly descriptor: number;
  /** Hands out what is still on its way, within five seconds, and ends the terminal for whoever holds it. Never rejects. */
  readonly close: () => Promise<void>;
};

/** Options of {@link openTerminal}. */
export type TerminalOptions = {
  /** The whole environment of the programs that hold the terminal. */
  readonly env: Readonly<Record<string, string>>;
  /** Is called with each piece of output as it comes; lines end with CR LF. */
  readonly onOutput: (bytes: Buffer) => void;
};

/** Tells the terminal's name, then holds it until its input ends. */
const holder = "tty && exec cat";
/** The name has to be there after so long, and what was written handed out so long after the end, in milliseconds. */
const openingMs = 5_000;
const closingMs = 5_000;

/**
 * Opens a terminal, for programs whose standard library keeps what they print in a buffer when they print into a pipe: they
 * would be read in lumps of 4 KiB, and what is in the buffer when they crash would be lost.
 *
 * script(1) of util-linux holds it. Whoever writes into it gets it as no controlling terminal: signals, sessions and process groups
 * stay as they are. Undefined where there is no script(1) or no terminal to be had.
 */
export async function openTerminal({ env, onOutput }: TerminalOptions): Promise<Terminal | undefined> {
  const script = startScript(env);
  if (script === undefined) return undefined;
  const ended = new Promise<void>((resolve) => script.once("close", () => resolve()));
  const name = await nameOf(script.stdout, ended);
  const descriptor = name === undefined ? undefined : openQuietly(name);
  if (descriptor === undefined) {
    killGroup(script);
    await ended;
    return undefined;
  }
  script.stdout.on("data", onOutput);
  return {
    descriptor,
    close: async () => {
      closeSync(descriptor);
      script.stdin.end();
      const timer = setTimeout(() => killGroup(script), closingMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

type Script = ChildProcessByStdio<Writable, Readable, null>;

/** Undefined when it cannot be executed, or there is no descriptor left for it. */
function startScript(env: Readonly<Record<string, string>>): Script | undefined {
  const args = ["--quiet", "--flush", "--return", "--command", holder, "/dev/null"];
  const script = spawn("script", args, { env: { ...env, SHELL: "/bin/sh" }, detached: true, stdio: ["pipe", "pipe", "ignore"] });
  script.on("error", () => {}); // what could not be executed has no pid
  if (script.pid === undefined) return undefined;
  script.stdin.on("error", () => {}); // it has ended already
  return script;
}

/** What it has started has a session of its own, and loses its terminal with it. */
function killGroup({ pid }: Script): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {} // a group that is no more is what we want
}

/** The first line, e.g. `/dev/pts/3`. Undefined when it is another one, or there is none. */
function nameOf(output: NodeJS.ReadableStream, ended: Promise<void>): Promise<string | undefined> {
  return new Promise((resolve) => {
    let text = "";
    const settle = (name: string | undefined) => {
      clearTimeout(timer);
      output.off("data", read);
      resolve(name);
    };
    const read = (bytes: Buffer) => {
      text += bytes.toString("latin1");
      if (text.includes("\n")) settle(/^(\/dev\/pts\/\d+)\r?\n$/.exec(text)?.[1]);
    };
    const timer = setTimeout(() => settle(undefined), openingMs);
    output.on("data", read);
    void ended.then(() => settle(undefined));
  });
}

function openQuietly(name: string): number | undefined {
  try {
    return openSync(name, constants.O_WRONLY | constants.O_NOCTTY);
  } catch {
    return undefined;
  }
}

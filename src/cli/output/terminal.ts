import type { Readable } from "node:stream";
import { processScreen, type Screen } from "./screen.ts";

/** Where a command reads and writes, and what can end it. Tests bring their own. */
export type Terminal = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdin: Readable;
  readonly isOutTty: boolean;
  readonly isErrTty: boolean;
  /** How many characters a line of standard error has as it is now. Left out where that is no terminal. */
  readonly errColumns?: () => number;
  /** Left out where standard output cannot be drawn on. */
  readonly screen?: Screen;
  /** Aborts at Ctrl-C and SIGTERM; the reason is the signal's name. */
  readonly interrupted: AbortSignal;
  /** Aborts when nobody reads standard output any more (`| head`). */
  readonly outClosed: AbortSignal;
  /** Writes to standard output as it is. */
  out(text: string | Uint8Array): void;
  /** Writes to standard error as it is. */
  err(text: string): void;
};

/** The terminal of this process. A second Ctrl-C ends the process at once. */
export function processTerminal(): Terminal {
  const interrupted = new AbortController();
  const outClosed = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (interrupted.signal.aborted) process.exit(signal === "SIGINT" ? 130 : 143);
      interrupted.abort(signal);
    });
  }
  process.stdout.on("error", () => outClosed.abort());
  process.stderr.on("error", () => undefined);
  const screen = processScreen();
  return {
    ...(screen === undefined ? {} : { screen }),
    env: process.env,
    cwd: process.cwd(),
    // Opened when it is asked for: a standard input that nobody reads would keep the process alive.
    get stdin() {
      return process.stdin;
    },
    isOutTty: process.stdout.isTTY === true,
    isErrTty: process.stderr.isTTY === true,
    ...(process.stderr.isTTY === true ? { errColumns: () => process.stderr.columns || 80 } : {}),
    interrupted: interrupted.signal,
    outClosed: outClosed.signal,
    out: (text) => {
      if (!outClosed.signal.aborted) process.stdout.write(text);
    },
    err: (text) => {
      process.stderr.write(text);
    },
  };
}

/** Makes control characters visible: what games and players write must not command an operator's terminal. */
export function printable(text: string): string {
  return text.replace(/[\x00-\x08\x0a-\x1f\x7f-\x9f]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

/** Several lines, each as it may be shown. @param show how one is */
export function printableLines(text: string, show = printable): string {
  return text.split("\n").map(show).join("\n");
}

/** Whether standard output may be coloured; see https://no-color.org. */
export function isColoured(terminal: Terminal): boolean {
  return terminal.isOutTty && (terminal.env["NO_COLOR"] ?? "") === "" && terminal.env["TERM"] !== "dumb";
}

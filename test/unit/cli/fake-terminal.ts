import { Readable } from "node:stream";
import type { Screen, ScreenSize } from "../../../src/cli/output/screen.ts";
import type { Terminal } from "../../../src/cli/output/terminal.ts";
import { runCli } from "../../../src/cli/run-cli.ts";

/** What a run is given. */
export type RunOptions = {
  readonly stdin?: string | Buffer | Readable;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly isTty?: boolean;
  /** What can be drawn on; a terminal without one is a dumb one. */
  readonly screen?: Screen;
  /** Ctrl-C after so long. */
  readonly interruptAfterMs?: number;
  /** Ctrl-C when it resolves. */
  readonly interruptBehind?: Promise<void>;
  /** Called with everything that was printed so far and the means to end the run. */
  readonly onOut?: (text: string, ends: Ends) => void;
  /** The same with what was printed to standard error. */
  readonly onErr?: (text: string, ends: Ends) => void;
  /** The width of standard error. */
  readonly errColumns?: number;
};

/** The means to end a run. */
export type Ends = { readonly interrupt: (signal: "SIGINT" | "SIGTERM") => void; readonly closeOut: () => void };

/** What came of a run. */
export type RunResult = { readonly code: number; readonly out: string; readonly err: string };

/** Runs one command line of `l4d2ctl` in this process. */
export async function run(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const interrupted = new AbortController();
  const outClosed = new AbortController();
  let out = "";
  let err = "";
  const ends: Ends = { interrupt: (signal) => interrupted.abort(signal), closeOut: () => outClosed.abort() };
  const { errColumns } = options;
  const terminal: Terminal = {
    env: options.env ?? {},
    cwd: options.cwd ?? "/nonexistent",
    stdin: stdinOf(options.stdin),
    isOutTty: options.isTty === true,
    isErrTty: options.isTty === true,
    ...(errColumns === undefined ? {} : { errColumns: () => errColumns }),
    ...(options.screen === undefined ? {} : { screen: options.screen }),
    interrupted: interrupted.signal,
    outClosed: outClosed.signal,
    out: (text) => {
      out += typeof text === "string" ? text : Buffer.from(text).toString("latin1");
      options.onOut?.(out, ends);
    },
    err: (text) => {
      err += text;
      options.onErr?.(err, ends);
    },
  };
  if (options.interruptAfterMs !== undefined) setTimeout(() => interrupted.abort("SIGINT"), options.interruptAfterMs).unref();
  void options.interruptBehind?.then(() => interrupted.abort("SIGINT"));
  const code = await runCli(args, terminal);
  return { code, out, err };
}

function stdinOf(stdin: RunOptions["stdin"]): Readable {
  if (stdin instanceof Readable) return stdin;
  return Readable.from(stdin === undefined ? [] : [Buffer.from(stdin)]);
}

/** A screen whose size a test sets. */
export class FakeScreen implements Screen {
  /** How often a page was opened and closed. */
  opened = 0;
  closed = 0;
  #size: ScreenSize;
  #redraw: (() => void) | undefined;

  constructor(columns: number, rows: number) {
    this.#size = { columns, rows };
  }

  size(): ScreenSize {
    return this.#size;
  }

  resize(columns: number, rows: number): void {
    this.#size = { columns, rows };
    this.#redraw?.();
  }

  open(redraw: () => void): void {
    this.opened += 1;
    this.#redraw = redraw;
  }

  close(): void {
    if (this.#redraw !== undefined) this.closed += 1;
    this.#redraw = undefined;
  }
}

/** The lines of the page that was drawn last, and what was printed behind it. */
export function lastPage(out: string): { readonly lines: readonly string[]; readonly after: string } {
  const [page = "", after = ""] = (out.split("\x1b[H").at(-1) ?? "").split("\x1b[J");
  return { lines: page.split("\n").map((line) => line.replace(/\x1b\[K$/, "")), after };
}

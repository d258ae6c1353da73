import { Readable } from "node:stream";
import { runCli } from "../../../src/cli/run-cli.ts";
import type { Terminal } from "../../../src/cli/terminal.ts";

/** What a run is given. */
export type RunOptions = {
  readonly stdin?: string | Buffer;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly isTty?: boolean;
  /** Ctrl-C after so long. */
  readonly interruptAfterMs?: number;
  /** Called with everything that was printed so far and the means to end the run. */
  readonly onOut?: (text: string, ends: { interrupt: (signal: "SIGINT" | "SIGTERM") => void; closeOut: () => void }) => void;
};

/** What came of a run. */
export type RunResult = { readonly code: number; readonly out: string; readonly err: string };

/** Runs one command line of `l4d2ctl` in this process. */
export async function run(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const interrupted = new AbortController();
  const outClosed = new AbortController();
  let out = "";
  let err = "";
  const terminal: Terminal = {
    env: options.env ?? {},
    cwd: options.cwd ?? "/nonexistent",
    stdin: Readable.from(options.stdin === undefined ? [] : [Buffer.from(options.stdin)]),
    isOutTty: options.isTty === true,
    isErrTty: options.isTty === true,
    interrupted: interrupted.signal,
    outClosed: outClosed.signal,
    out: (text) => {
      out += typeof text === "string" ? text : Buffer.from(text).toString("latin1");
      options.onOut?.(out, { interrupt: (signal) => interrupted.abort(signal), closeOut: () => outClosed.abort() });
    },
    err: (text) => {
      err += text;
    },
  };
  if (options.interruptAfterMs !== undefined) setTimeout(() => interrupted.abort("SIGINT"), options.interruptAfterMs).unref();
  const code = await runCli(args, terminal);
  return { code, out, err };
}

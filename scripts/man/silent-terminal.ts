import { Readable } from "node:stream";
import type { Terminal } from "../../src/cli/output/terminal.ts";

/** Where a program runs that is only looked at: nothing is read, nothing is printed, no environment. */
export const silentTerminal: Terminal = {
  env: {},
  cwd: ".",
  stdin: Readable.from([]),
  isOutTty: false,
  isErrTty: false,
  interrupted: new AbortController().signal,
  outClosed: new AbortController().signal,
  out: () => {},
  err: () => {},
};

import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { describeExit, type ExitFacts, lastLinesOf } from "../../domain/exit-report.ts";
import { HostError } from "../../domain/host-error.ts";

/** The error for a program that could not be executed: a missing file, a wrong mode, a missing interpreter. */
export function startFailed(argv: readonly string[], exit: ExitFacts, log: string): HostError {
  const lastLines = lastLinesOf(tailOf(log));
  const command = argv.join(" ").slice(0, 500);
  const said = lastLines.length === 0 ? "" : `: ${lastLines.at(-1)}`;
  return new HostError("START_FAILED", `${argv[0] ?? "the game"} could not be executed (${describeExit(exit)})${said}`, {
    metadata: { command, exit_code: String(exit.code ?? ""), lines: lastLines.join("\n") },
    startFailure: { step: "exec", exit: { ...exit, intended: false, lastLines } },
  });
}

/** The lines in the last 8 KiB of a file. */
function tailOf(path: string): string[] {
  const descriptor = openSync(path, "r");
  try {
    const buffer = Buffer.alloc(8192);
    const start = Math.max(0, fstatSync(descriptor).size - buffer.length);
    return buffer
      .toString("utf8", 0, readSync(descriptor, buffer, 0, buffer.length, start))
      .split("\n")
      .filter((line) => line !== "");
  } finally {
    closeSync(descriptor);
  }
}

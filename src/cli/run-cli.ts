import { CommanderError } from "commander";
import { buildProgram } from "./program.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Runs one command line.
 *
 * @param args what stands behind the program's name
 * @returns the exit code; see exit-code.ts
 */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode = 0;
  const program = buildProgram(terminal, async (result) => {
    exitCode = await result;
  });
  try {
    await program.parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    if (args.includes("--json")) await printDocument(terminal, error);
    // Commander has printed what is wrong.
    if (error instanceof CommanderError) return 2;
    const { reportFailure } = await import("./failure-report.ts");
    return reportFailure(terminal, error);
  }
}

async function printDocument(terminal: Terminal, error: unknown): Promise<void> {
  const { failureDocument } = await import("./failure-document.ts");
  const { printJson } = await import("./json-output.ts");
  printJson(terminal, failureDocument(error, terminal));
}

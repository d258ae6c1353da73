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
    if (!(error instanceof CommanderError)) {
      const { reportFailure } = await import("./failure-report.ts");
      return reportFailure(terminal, error);
    }
    // Commander has printed the help, or what is wrong.
    return error.exitCode === 0 ? 0 : 2;
  }
}

import { CommanderError } from "commander";
import type { Terminal } from "./output/terminal.ts";
import { buildProgram } from "./program.ts";

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
    if (wantsJson(args)) await printDocument(terminal, args, error);
    // Commander has printed what is wrong.
    if (error instanceof CommanderError) return 2;
    const { reportFailure } = await import("./failures/failure-report.ts");
    return reportFailure(terminal, error);
  }
}

/** The command line could not be read, or is not what was asked for: its words are all that is known. */
function wantsJson(args: readonly string[]): boolean {
  return args.some((arg, index) => arg === "--json" || /^(?:-o|--output=)json$/.test(arg) || (arg === "json" && isOutput(args[index - 1])));
}

function isOutput(arg: string | undefined): boolean {
  return arg === "-o" || arg === "--output";
}

/** Of a command that prints many documents a line, as everything that it prints. */
async function printDocument(terminal: Terminal, args: readonly string[], error: unknown): Promise<void> {
  const { failureDocument } = await import("./failures/failure-document.ts");
  const { printJson, printJsonLine } = await import("./output/json-output.ts");
  const isStream = args.includes("logs") || (args.includes("status") && (args.includes("-w") || args.includes("--watch")));
  (isStream ? printJsonLine : printJson)(terminal, failureDocument(error, terminal));
}

import { readFileSync, statSync } from "node:fs";
import { constants } from "node:os";
import type { ExitFacts } from "../../../domain/exit-report.ts";

const signalNames = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

/** Signals that end a service cleanly; systemd.service(5), SuccessExitStatus. */
const cleanSignals: ReadonlySet<string> = new Set(["SIGHUP", "SIGINT", "SIGTERM", "SIGPIPE"]);

/**
 * Reads what init.sh wrote when the game had ended; undefined when it wrote nothing.
 *
 * A status of 128 + n is read as signal n when there is such a signal. A game that exits with such a code by itself
 * cannot be told apart, neither by us nor by any shell.
 */
export function readExit(path: string, invocationId: string): ExitFacts | undefined {
  try {
    const text = readFileSync(path, "utf8");
    if (!/^\d{1,3}\n$/.test(text)) return undefined;
    const end = interpretStatus(Number(text));
    return { invocationId, ...end, exitTime: statSync(path).mtime, result: resultOf(end) };
  } catch {
    return undefined;
  }
}

/** Tells code and signal apart in a shell's status. */
export function interpretStatus(status: number): Pick<ExitFacts, "code" | "signal"> {
  const signal = signalNames.get(status - 128);
  return signal === undefined ? { code: status } : { signal };
}

/** systemd's result word for an end: `success`, `exit-code` or `signal`. */
export function resultOf(exit: Pick<ExitFacts, "code" | "signal">): "success" | "exit-code" | "signal" {
  if (exit.signal !== undefined) return cleanSignals.has(exit.signal) ? "success" : "signal";
  return exit.code === 0 ? "success" : "exit-code";
}

import type { ExitFacts } from "../../domain/exit-report.ts";

/** How a game ended. */
export type GameEnd = {
  /** 0 to 255; of a game that exited by itself. */
  readonly code?: number;
  /** e.g. `SIGSEGV`; of a game that was killed. */
  readonly signal?: string;
  /** Killed for want of memory. Default: no. */
  readonly oom?: boolean;
};

/** Signals that end a service cleanly; systemd.service(5), SuccessExitStatus. */
const cleanSignals: ReadonlySet<string> = new Set(["SIGHUP", "SIGINT", "SIGTERM", "SIGPIPE"]);

/** systemd's result word for an end. */
export function resultOf({ code, signal, oom }: GameEnd): ExitFacts["result"] {
  if (oom === true) return "oom-kill";
  if (signal !== undefined) return cleanSignals.has(signal) ? "success" : "signal";
  return code === 0 ? "success" : "exit-code";
}

import { constants } from "node:os";
import type { ExitFacts } from "../../domain/exit-report.ts";
import type { UnitFacts } from "./unit-properties.ts";

/** codes of sigaction(2)'s si_code. */
const exited = 1;

/** How the newest main process of a server ended; `before` while none has ended since. */
export function exitOf(server: UnitFacts, before: ExitFacts | undefined): ExitFacts | undefined {
  const isNews = server.execCode !== 0 && server.execExit !== 0 && server.execExit !== before?.exitTime.getTime();
  if (!isNews || isBeginning(server)) return before;
  return {
    invocationId: server.invocationId,
    ...(server.execCode === exited ? { code: server.execStatus } : { signal: signalName(server.execStatus) }),
    oom: server.result === "oom-kill",
    exitTime: new Date(server.execExit),
    result: server.result,
  };
}

/** The invocation is new already, the main process still the old one. */
function isBeginning({ activeState, subState }: UnitFacts): boolean {
  return activeState === "activating" && !subState.startsWith("auto-restart");
}

function signalName(number: number): string {
  const found = Object.entries(constants.signals).find(([, value]) => value === number);
  return found === undefined ? `SIG${number}` : found[0];
}

import type { ExitFacts } from "../../../domain/exit-report.ts";
import type { RuntimeStatus } from "../../../domain/runtime-status.ts";
import type { UnitFacts } from "./unit-properties.ts";
import { exited, signalName } from "./wait-status.ts";

/** left4me-launch exits with 128 + n for a game that signal n has ended; 64 is the last signal. */
const signalCodes = { above: 128, upTo: 128 + 64 } as const;

/** How the newest game of a server ended; `before` while none has ended since. */
export function exitOf(server: UnitFacts, before: RuntimeStatus): ExitFacts | undefined {
  if (isBeginning(server)) return before.exit;
  if (server.execCode === 0 || server.execExit === 0) return hasVanished(server, before) ? vanishedExit(server, before) : before.exit;
  if (server.execExit === before.exit?.exitTime.getTime()) return before.exit;
  const signal = signalOf(server);
  return {
    invocationId: server.invocationId,
    ...(signal === undefined ? { code: server.execStatus } : { signal: signalName(signal) }),
    oom: server.result === "oom-kill",
    exitTime: new Date(server.execExit),
    result: exitResult(server),
  };
}

/** It ran, and does not run any more, and systemd has not learned how it ended (see left4me-server@.service). */
function hasVanished(server: UnitFacts, { mainPid, invocationId }: RuntimeStatus): boolean {
  return mainPid !== 0 && server.mainPid === 0 && server.invocationId === invocationId && server.activeState !== "active";
}

/** Not known, but for what systemd has killed: the unit's result tells of that. */
function vanishedExit(server: UnitFacts, before: RuntimeStatus): ExitFacts {
  const { invocationId, result, since } = server;
  const killed = wasKilled(server, before) ? { signal: "SIGKILL", oom: result === "oom-kill" } : {};
  return { invocationId, ...killed, exitTime: since === 0 ? before.since : new Date(since), result };
}

/**
 * All that was left got SIGKILL: for want of memory, or because it had not ended in time. systemd may pass `stop-sigkill` without
 * a word. The result of a start that takes too long is `timeout` while it is only asked to end.
 */
function wasKilled({ result }: UnitFacts, before: RuntimeStatus): boolean {
  if (result === "oom-kill") return true;
  if (result !== "timeout") return false;
  return before.subState.endsWith("-sigkill") || (before.activeState !== "activating" && before.result !== "timeout");
}

/** The unit's result, but for a game that a signal has ended: systemd has seen the launcher exit. */
export function exitResult(server: UnitFacts): string {
  return server.result === "exit-code" && signalOf(server) !== undefined ? "signal" : server.result;
}

function signalOf({ execCode, execStatus }: UnitFacts): number | undefined {
  if (execCode !== exited) return execStatus;
  return execStatus > signalCodes.above && execStatus <= signalCodes.upTo ? execStatus - signalCodes.above : undefined;
}

/** The invocation is new already, the main process still the old one. */
function isBeginning({ activeState, subState }: UnitFacts): boolean {
  return activeState === "activating" && !subState.startsWith("auto-restart");
}

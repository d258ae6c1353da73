import { constants } from "node:os";
import type { ExitFacts } from "../../domain/exit-report.ts";
import type { RuntimeStatus } from "../../domain/runtime-status.ts";
import type { UnitFacts } from "./unit-properties.ts";

/** A code of sigaction(2)'s si_code. */
const exited = 1;

/** left4me-launch exits with 128 + n for a game that signal n has ended; 64 is the last signal. */
const signalCodes = { above: 128, upTo: 128 + 64 } as const;

/** How the newest game of a server ended; `before` while none has ended since. */
export function exitOf(server: UnitFacts, before: RuntimeStatus): ExitFacts | undefined {
  if (isBeginning(server)) return before.exit;
  if (server.execCode === 0 || server.execExit === 0) return hasVanished(server, before) ? unknownExit(server, before) : before.exit;
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

function unknownExit({ invocationId, result, since }: UnitFacts, before: RuntimeStatus): ExitFacts {
  return { invocationId, exitTime: since === 0 ? before.since : new Date(since), result };
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

function signalName(number: number): string {
  const found = Object.entries(constants.signals).find(([, value]) => value === number);
  return found === undefined ? `SIG${number}` : found[0];
}

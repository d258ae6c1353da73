import { describeExit } from "../../domain/exit-report.ts";
import type { LifecycleEvent } from "../../domain/log-entry.ts";
import type { RuntimeStatus } from "../../domain/runtime-status.ts";
import { restartLimit } from "../../host/driver.ts";
import type { JournalEvent } from "./journal-port.ts";
import { restartPauseSeconds } from "./restart-pause.ts";

/** An event for an instance's log. */
export type RuntimeEvent = JournalEvent & { readonly event: LifecycleEvent };

/** What happened between two statuses of an instance, in the order in which it did. */
export function lifeCycleEvents(before: RuntimeStatus, after: RuntimeStatus): RuntimeEvent[] {
  const { invocationId, exit, since: time } = after;
  const events: RuntimeEvent[] = [];
  if (exit !== undefined && exit.exitTime.getTime() !== before.exit?.exitTime.getTime()) {
    events.push({ event: "EXITED", invocationId: exit.invocationId, message: `game ${describeExit(exit)}`, time: exit.exitTime });
  }
  if (isRestartSure(before, after)) {
    events.push({ event: "RESTARTING", invocationId, message: describeRestart(after), time });
  }
  if (hasGivenUp(after) && !hasGivenUp(before)) {
    const message = `not restarting: ${restartLimit.burst} starts within ${restartLimit.windowSeconds} s`;
    events.push({ event: "GAVE_UP", invocationId, message, time });
  }
  if (after.activeState === "active" && (before.activeState !== "active" || before.invocationId !== invocationId)) {
    events.push({ event: "STARTED", invocationId, message: "game started", time });
  }
  return events;
}

/**
 * systemd applies the start limit at the end of the pause: where it may be reached, a restart is sure only when it begins.
 * NRestarts counts the restart when the pause ends, before the state changes.
 */
function isRestartSure(before: RuntimeStatus, after: RuntimeStatus): boolean {
  const begins = isWaiting(before) && !isWaiting(after) && (after.activeState === "activating" || after.activeState === "active");
  if (begins) return after.restarts >= restartLimit.burst;
  return isWaiting(after) && !isWaiting(before) && after.restarts + 1 < restartLimit.burst;
}

/** systemd counts restarts since the last start that was asked for, however long ago that was: they are no attempts of a limit. */
function describeRestart(after: RuntimeStatus): string {
  const restart = isWaiting(after) ? after.restarts + 1 : after.restarts;
  const pause = `${Number(restartPauseSeconds(restart).toFixed(1))} s`;
  return `${isWaiting(after) ? `restarting in ${pause}` : `restarting now, after ${pause}`} (restart ${restart})`;
}

function isWaiting({ subState }: RuntimeStatus): boolean {
  return subState.startsWith("auto-restart");
}

function hasGivenUp({ result }: RuntimeStatus): boolean {
  return result === "start-limit-hit";
}

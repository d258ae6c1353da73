import { describeExit } from "../../domain/exit-report.ts";
import type { LifecycleEvent } from "../../domain/log-entry.ts";
import type { RuntimeStatus } from "../../domain/runtime-status.ts";
import { restartLimit } from "../../host/driver.ts";
import type { JournalEvent } from "./journal-port.ts";

/** An event for an instance's log. */
export type RuntimeEvent = JournalEvent & { readonly event: LifecycleEvent };

/** What happened between two statuses of an instance, in the order in which it did. */
export function lifeCycleEvents(before: RuntimeStatus, after: RuntimeStatus): RuntimeEvent[] {
  const { invocationId, exit, since: time } = after;
  const events: RuntimeEvent[] = [];
  if (exit !== undefined && exit.exitTime.getTime() !== before.exit?.exitTime.getTime()) {
    events.push({ event: "EXITED", invocationId: exit.invocationId, message: `game ${describeExit(exit)}`, time: exit.exitTime });
  }
  if (isWaiting(after) && !isWaiting(before)) {
    const attempt = after.restarts + 1;
    events.push({
      event: "RESTARTING",
      invocationId,
      message: `restarting after a pause (attempt ${attempt} of ${restartLimit.burst})`,
      time,
    });
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

function isWaiting({ subState }: RuntimeStatus): boolean {
  return subState.startsWith("auto-restart");
}

function hasGivenUp({ result }: RuntimeStatus): boolean {
  return result === "start-limit-hit";
}

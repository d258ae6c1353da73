import type { Caller, ChangeRequest, StopResult } from "../api.ts";
import type { HostContext } from "../host-context.ts";
import { type InstanceEntry, identityOf } from "../instances/instance-entry.ts";
import { awaitExitReport } from "./await-exit-report.ts";
import { changeInstance, underIntent, type Work } from "./change-instance.ts";

/** Makes STOPPED the wish and ends the game. See InstanceService.StopInstance. */
export async function stopInstance(context: HostContext, request: ChangeRequest, caller: Caller): Promise<StopResult> {
  const changed = await changeInstance(context, "STOP", request, caller, stop);
  const instance = context.registry.view(request.name);
  if (!changed) return { instance, changed };
  await awaitExitReport(context, request.name, caller.signal);
  // Deleted meanwhile: stopped it was all the same.
  return { instance: context.registry.find(request.name) === undefined ? instance : context.registry.view(request.name), changed };
}

/** The work of a stop; answers whether anything changed. */
export const stop: Work<boolean> = async (context, entry, operation) => {
  if (isAtRest(entry) && entry.record.desiredState === "STOPPED") return false;
  await underIntent(context, entry, { intent: "STOP", desiredState: "STOPPED" }, operation, () => end(context, entry, operation.step));
  return true;
};

/** Ends the game and undoes its mount; no wish is changed. */
export async function end(context: HostContext, entry: InstanceEntry, step: (step: string) => void): Promise<void> {
  step("waiting for the game to end");
  if (entry.runtime.activeState === "active") context.driver.recordEvent(identityOf(entry), "STOPPING", "game was asked to stop");
  entry.ending = true;
  try {
    await context.driver.stop(identityOf(entry));
  } finally {
    entry.ending = false;
  }
}

/** Nothing runs, nothing is mounted, nothing has failed. */
export function isAtRest({ state }: InstanceEntry): boolean {
  return state === "STOPPED";
}

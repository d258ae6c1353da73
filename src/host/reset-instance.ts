import { notImplemented } from "../domain/failures.ts";
import type { Caller, ResetRequest, StopResult } from "./api.ts";
import { changeInstance, underIntent, type Work } from "./change-instance.ts";
import type { HostContext } from "./host-context.ts";
import { identityOf } from "./instance-entry.ts";
import { isAtRest } from "./stop-instance.ts";

export type ResetResult = StopResult & { readonly archiveId: string };

/** Stops and discards what the game wrote. See InstanceService.ResetInstance. */
export async function resetInstance(context: HostContext, request: ResetRequest, caller: Caller): Promise<ResetResult> {
  const { record } = context.registry.entry(request.name);
  if (request.archive) throw notImplemented("archives", "archives of what a reset discards");
  if (record.spec.preserve.length > 0 && !context.driver.info.preserve)
    throw notImplemented("preserve", "keeping files across a reset (spec.preserve)");
  const changed = await changeInstance(context, "RESET", request, caller, reset);
  return { instance: context.registry.view(request.name), changed, archiveId: "" };
}

/** The work of a reset; answers whether there was anything to stop or to discard. */
export const reset: Work<boolean> = async (context, entry, operation) => {
  const ran = !isAtRest(entry) || entry.record.desiredState !== "STOPPED";
  return underIntent(context, entry, { intent: "RESET", desiredState: "STOPPED" }, operation, async () => {
    operation.step("ending the game and discarding what it wrote");
    if (entry.runtime.activeState === "active") context.driver.recordEvent(identityOf(entry), "STOPPING", "game was asked to stop");
    const discarded = await context.driver.reset(identityOf(entry));
    if (discarded) context.driver.recordEvent(identityOf(entry), "RESET", "what the game wrote was discarded");
    return ran || discarded;
  });
};

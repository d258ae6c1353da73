import type { Caller, StartRequest, StartResult } from "./api.ts";
import { awaitReady, refuseEnded } from "./await-ready.ts";
import { changeInstance, underIntent, updateRecord, type Work } from "./change-instance.ts";
import type { HostContext } from "./host-context.ts";
import { identityOf, isRuntimeAtRest } from "./instance-entry.ts";
import { launch } from "./launch-instance.ts";
import { planStart } from "./plan-generation.ts";

type Started = Omit<StartResult, "instance"> & { readonly invocationId: string };

/** Makes RUNNING the wish and starts the game. See InstanceService.StartInstance. */
export async function startInstance(context: HostContext, request: StartRequest, caller: Caller): Promise<StartResult> {
  const { changed, warnings, invocationId } = await changeInstance(context, "START", request, caller, start);
  if (request.waitFor === "READY") await awaitReady(context, request.name, invocationId, caller.signal);
  else refuseEnded(context, request.name, invocationId);
  return { instance: context.registry.view(request.name), changed, warnings };
}

/** The work of a start, also of one at boot. */
export const start: Work<Started> = async (context, entry, operation) => {
  const { activeState, invocationId } = entry.runtime;
  if (activeState === "active") {
    const changed = entry.record.desiredState !== "RUNNING"; // it was started by hand; now it is wished for
    if (changed) await updateRecord(context, entry, { desiredState: "RUNNING" });
    return { changed, warnings: [], invocationId };
  }
  return underIntent(context, entry, { intent: "START", desiredState: "RUNNING" }, operation, async () => {
    // A game that waits for its automatic restart, or is being stopped by hand, is brought to rest: a start begins afresh.
    if (!isRuntimeAtRest(entry.runtime)) await context.driver.stop(identityOf(entry));
    operation.step("preparing the layers");
    const input = await planStart(context, entry.record.spec);
    operation.step("mounting and executing");
    const warnings = await launch(context, entry, input, operation.signal);
    return { changed: true, warnings, invocationId: entry.runtime.invocationId };
  });
};

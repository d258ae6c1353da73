import type { Caller, StartRequest, StartResult } from "../api.ts";
import type { HostContext } from "../host-context.ts";
import { identityOf, isRuntimeAtRest } from "../instances/instance-entry.ts";
import { awaitStarted } from "./await-started.ts";
import { changeInstance, dropIntent, underIntent, type Work } from "./change-instance.ts";
import { type Launched, launch } from "./launch-instance.ts";

type Started = Launched & { readonly changed: boolean };

/** Makes RUNNING the wish and starts the game. See InstanceService.StartInstance. */
export async function startInstance(context: HostContext, request: StartRequest, caller: Caller): Promise<StartResult> {
  const { changed, warnings, invocationId } = await changeInstance(context, "START", request, caller, start);
  await awaitStarted(context, request, invocationId, caller.signal);
  return { instance: context.registry.view(request.name), changed, warnings };
}

/** The work of a start, also of one at boot. */
export const start: Work<Started> = async (context, entry, operation) => {
  const { activeState, invocationId } = entry.runtime;
  if (activeState === "active") {
    const changed = entry.record.desiredState !== "RUNNING"; // it was started by hand; now it is wished for
    // What a daemon that was killed, or a full disk, has left to be done would end it.
    if (changed) await dropIntent(context, entry, "RUNNING");
    return { changed, warnings: [], invocationId };
  }
  return underIntent(context, entry, { intent: "START", desiredState: "RUNNING" }, operation, async () => {
    // A game that waits for its automatic restart, or is being stopped by hand, is brought to rest: a start begins afresh.
    if (!isRuntimeAtRest(entry.runtime)) await context.driver.stop(identityOf(entry));
    return { changed: true, ...(await launch(context, entry, operation)) };
  });
};

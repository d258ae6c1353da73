import type { Caller, RestartResult, StartRequest } from "../api.ts";
import { planStart } from "../generations/plan-generation.ts";
import type { HostContext } from "../host-context.ts";
import { awaitStarted } from "./await-started.ts";
import { changeInstance, underIntent, type Work } from "./change-instance.ts";
import { type Launched, launch } from "./launch-instance.ts";
import { end } from "./stop-instance.ts";

/** Stops and starts with the newest of everything. See InstanceService.RestartInstance. */
export async function restartInstance(context: HostContext, request: StartRequest, caller: Caller): Promise<RestartResult> {
  const { warnings, invocationId } = await changeInstance(context, "RESTART", request, caller, restart);
  await awaitStarted(context, request, invocationId, caller.signal);
  return { instance: context.registry.view(request.name), warnings };
}

/** The work of a restart. What cannot be started is found out before anything is stopped. */
export const restart: Work<Launched> = async (context, entry, operation) => {
  operation.step("preparing the layers");
  await planStart(context, entry.record.spec);
  const change = { intent: "RESTART", desiredState: "RUNNING", endsInvocation: entry.runtime.invocationId } as const;
  return underIntent(context, entry, change, operation, async () => {
    await end(context, entry, operation.step);
    operation.signal.throwIfAborted();
    return launch(context, entry, operation);
  });
};

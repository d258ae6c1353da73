import type { Warning } from "../domain/instance.ts";
import type { Caller, RestartResult, StartRequest } from "./api.ts";
import { awaitReady, refuseEnded } from "./await-ready.ts";
import { changeInstance, underIntent, type Work } from "./change-instance.ts";
import type { HostContext } from "./host-context.ts";
import { launch } from "./launch-instance.ts";
import { planStart } from "./plan-generation.ts";
import { end } from "./stop-instance.ts";

/** Stops and starts with the newest of everything. See InstanceService.RestartInstance. */
export async function restartInstance(context: HostContext, request: StartRequest, caller: Caller): Promise<RestartResult> {
  const { warnings, invocationId } = await changeInstance(context, "RESTART", request, caller, restart);
  if (request.waitFor === "READY") await awaitReady(context, request.name, invocationId, caller.signal);
  else refuseEnded(context, request.name, invocationId);
  return { instance: context.registry.view(request.name), warnings };
}

/** The work of a restart. What cannot be started is found out before anything is stopped. */
export const restart: Work<{ warnings: readonly Warning[]; invocationId: string }> = async (context, entry, operation) => {
  operation.step("preparing the layers");
  await planStart(context, entry.record.spec);
  return underIntent(context, entry, { intent: "RESTART", desiredState: "RUNNING" }, operation, async () => {
    await end(context, entry, operation.step);
    operation.signal.throwIfAborted();
    const input = await planStart(context, entry.record.spec);
    operation.step("mounting and executing");
    const warnings = await launch(context, entry, input, operation.signal);
    return { warnings, invocationId: entry.runtime.invocationId };
  });
};

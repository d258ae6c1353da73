import type { Instance } from "../../domain/instance.ts";
import type { HostContext } from "../host-context.ts";

/** The instance with what its processes use now; usage is no part of the stored view, because it always changes. */
export function withUsage(context: HostContext, instance: Instance): Instance {
  if (instance.status.mainPid === 0) return instance;
  const usage = context.usage.of(instance.name);
  return usage === undefined ? instance : { ...instance, status: { ...instance.status, usage } };
}

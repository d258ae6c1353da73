import { createContextKey, type HandlerContext } from "@connectrpc/connect";
import type { Caller } from "../host/api.ts";

/**
 * Who calls: the role and the address or socket, e.g. `operator@unix`. Whoever accepts connections sets it; the
 * default is what an in-process caller gets.
 */
export const callerIdentity = createContextKey("operator@local", { description: "left4me.host caller identity" });

/** The caller of an RPC. Its signal ends with the caller's deadline, with its cancellation and with its connection. */
export function callerOf(context: HandlerContext): Caller {
  return { identity: context.values.get(callerIdentity), signal: context.signal };
}

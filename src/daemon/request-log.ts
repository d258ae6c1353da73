import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import type { HostLog } from "../host/host-log.ts";
import { callerIdentity } from "../service/caller.ts";

/** Logs every call at level debug: the RPC, the caller, the code and how long it took. Streams when they end. */
export function requestLog(log: HostLog): Interceptor {
  return (next) => async (request) => {
    const began = performance.now();
    const told = (error?: unknown) =>
      log("debug", "call", {
        rpc: `${request.service.typeName}/${request.method.name}`,
        caller: request.contextValues.get(callerIdentity),
        code: error === undefined ? "ok" : Code[ConnectError.from(error).code],
        ms: Math.round(performance.now() - began),
      });
    try {
      const response = await next(request);
      if (response.stream) return { ...response, message: toldAtTheEnd(response.message, told) };
      told();
      return response;
    } catch (error) {
      told(error);
      throw error;
    }
  };
}

async function* toldAtTheEnd<T>(messages: AsyncIterable<T>, told: (error?: unknown) => void): AsyncIterable<T> {
  let failure: unknown;
  try {
    yield* messages;
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    told(failure);
  }
}

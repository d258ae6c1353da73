import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { HostError } from "../domain/host-error.ts";
import { platformError } from "../host/files/platform-error.ts";
import type { HostLog } from "../host/host-log.ts";
import { callerIdentity } from "./caller.ts";
import { clientLeft, connectErrorOf, defectError, waitEnded } from "./connect-error.ts";

/** Turns whatever a handler throws into what callers are told, and logs what they are not told. */
export function errorInterceptor(log: HostLog): Interceptor {
  return (next) => async (request) => {
    const translate = (error: unknown): ConnectError => {
      const answer = translated(error, request.signal);
      // A game that does not start is its owner's business, and told in full.
      if (answer.code === Code.Internal && !(error instanceof HostError && error.reason === "START_FAILED")) {
        const rpc = `${request.service.typeName}/${request.method.name}`;
        log("error", "a call failed", { rpc, caller: request.contextValues.get(callerIdentity), error });
      }
      return answer;
    };
    try {
      const response = await next(request.stream ? { ...request, message: readFromClient(request.message) } : request);
      return response.stream ? { ...response, message: translatedStream(response.message, translate) } : response;
    } catch (error) {
      throw translate(error);
    }
  };
}

function translated(error: unknown, signal: AbortSignal): ConnectError {
  if (error instanceof HostError) return connectErrorOf(error);
  return waitEnded(error, signal) ?? (error instanceof ConnectError ? error : defectOrPlatform(error));
}

function defectOrPlatform(error: unknown): ConnectError {
  const platform = platformError(error);
  return platform === undefined ? defectError(error) : connectErrorOf(platform);
}

/** What a client sends. When Node cannot read it to its end, the client has left; the library's own errors stay. */
async function* readFromClient<T>(messages: AsyncIterable<T>): AsyncIterable<T> {
  try {
    yield* messages;
  } catch (error) {
    throw error instanceof ConnectError ? error : clientLeft(error);
  }
}

/** What the handler answers. The library throws into it what it could not write: then the client has left. */
async function* translatedStream<T>(messages: AsyncIterable<T>, translate: (error: unknown) => ConnectError): AsyncIterable<T> {
  let writing: { readonly error: unknown } | undefined;
  try {
    for await (const message of messages) {
      try {
        yield message;
      } catch (error) {
        writing = { error };
        throw error;
      }
    }
  } catch (error) {
    throw writing === undefined ? translate(error) : clientLeft(writing.error);
  }
}

import { MethodOptions_IdempotencyLevel as IdempotencyLevel } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { ErrorInfoSchema } from "../gen/google/rpc/error_details_pb.ts";
import type { HostLog } from "../host/host-log.ts";
import { callerIdentity } from "./caller.ts";
import { errorDomain } from "./error-details.ts";

type AnyRequest = Parameters<Parameters<Interceptor>[0]>[0];

/**
 * Logs every call when it has ended: what may change something at level info, with its caller, what it was about and what came
 * of it, whether or not the caller waited for that; all others at level debug.
 */
export function requestLog(log: HostLog): Interceptor {
  return (next) => async (call) => {
    const began = performance.now();
    const seen: { about: Fields } = { about: call.stream ? {} : aboutOf(call.message) };
    const request = call.stream ? { ...call, message: noting(call.message, seen) } : call;
    const told = (outcome: Fields) =>
      log(isChange(call) ? "info" : "debug", "call", {
        rpc: `${call.service.typeName}/${call.method.name}`,
        ...seen.about,
        caller: call.contextValues.get(callerIdentity),
        ...outcome,
        ms: Math.round(performance.now() - began),
      });
    try {
      const response = await next(request);
      if (response.stream) return { ...response, message: toldAtTheEnd(response.message, told) };
      told(successOf(response.message));
      return response;
    } catch (error) {
      told(failureOf(error));
      throw error;
    }
  };
}

type Fields = Readonly<Record<string, unknown>>;

/** A dry run changes nothing; health and reflection do not say that they have no side effects. */
function isChange({ service, method, message }: AnyRequest): boolean {
  if (!service.typeName.startsWith(`${errorDomain}.`) || method.idempotency === IdempotencyLevel.NO_SIDE_EFFECTS) return false;
  return !("validateOnly" in message && message.validateOnly === true);
}

/** What a request names. A stream of requests names it in its first message, the header. */
function aboutOf(message: object): Fields {
  const part = "part" in message ? (message.part as { readonly value?: unknown }).value : message;
  if (typeof part !== "object" || part === null) return {};
  const named = { name: "name", archiveId: "archive", buildId: "build", jobId: "job", ref: "overlay" };
  return Object.fromEntries(
    Object.entries(named).flatMap(([field, word]) => {
      const value: unknown = Reflect.get(part, field);
      return typeof value === "string" && value !== "" ? [[word, value.slice(0, 200)]] : [];
    }),
  );
}

async function* noting<T extends object>(messages: AsyncIterable<T>, seen: { about: Fields }): AsyncIterable<T> {
  let isFirst = true;
  for await (const message of messages) {
    if (isFirst) seen.about = aboutOf(message);
    isFirst = false;
    yield message;
  }
}

function successOf(answer: object): Fields {
  return { code: "ok", ...("changed" in answer ? { changed: answer.changed } : {}) };
}

function failureOf(error: unknown): Fields {
  const failure = ConnectError.from(error);
  const reason = failure.findDetails(ErrorInfoSchema)[0]?.reason;
  return { code: Code[failure.code], ...(reason === undefined ? {} : { reason }) };
}

/** The answer to an upload is a stream, too, of one message. */
async function* toldAtTheEnd<T extends object>(messages: AsyncIterable<T>, told: (outcome: Fields) => void): AsyncIterable<T> {
  let outcome: Fields = { code: "ok" };
  try {
    for await (const message of messages) {
      outcome = successOf(message);
      yield message;
    }
  } catch (error) {
    outcome = failureOf(error);
    throw error;
  } finally {
    told(outcome);
  }
}

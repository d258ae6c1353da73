import { Code, ConnectError } from "@connectrpc/connect";
import { HostError } from "../domain/host-error.ts";
import { clipEnd } from "./clip-text.ts";
import { errorCodes } from "./error-codes.ts";
import { errorDetails } from "./error-details.ts";

/** What the message of an error may take, in bytes; it travels twice, once of them percent-encoded. */
export const messageLimitBytes = 768;

/** The answer to a failure that callers are told: one code, one ErrorInfo, and what else is known. */
export function connectErrorOf(error: HostError): ConnectError {
  const code = errorCodes[error.reason];
  return new ConnectError(clipEnd(error.message, messageLimitBytes), code, undefined, errorDetails(error), error);
}

/** The answer to a defect. What went wrong is for the host's own log, never for callers. */
export function defectError(error: unknown): ConnectError {
  return connectErrorOf(new HostError("INTERNAL", "the host broke one of its own assumptions; its log says more", { cause: error }));
}

/**
 * The answer to a wait that ended because nobody waits any more, or undefined when `error` is something else.
 *
 * Errors of this kind carry no ErrorInfo: the library raises the same ones on the caller's side.
 */
export function waitEnded(error: unknown, signal: AbortSignal): ConnectError | undefined {
  if (!signal.aborted) return undefined;
  const isAbort = error === signal.reason || (error instanceof Error && error.name === "AbortError");
  if (!isAbort) return undefined;
  if (signal.reason instanceof ConnectError) return signal.reason;
  return clientLeft(error);
}

/** The answer to a client that is no longer there to read it. */
export function clientLeft(cause: unknown): ConnectError {
  return new ConnectError("the caller has gone; only the waiting ended", Code.Canceled, undefined, undefined, cause);
}

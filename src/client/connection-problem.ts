import { ConnectError } from "@connectrpc/connect";

/** Why no connection came about, or why it was lost. */
export type ConnectionProblem = {
  /** Node's name for it, e.g. `ECONNREFUSED`, `ENOENT`, `EACCES`, `ENOTFOUND`, `DEPTH_ZERO_SELF_SIGNED_CERT`. */
  readonly code: string;
  /** Node's text. */
  readonly message: string;
};

/**
 * Tells whether a call failed because of the connection, not by the host's word. Undefined when it did not.
 *
 * Connect reports such failures with various codes (a missing socket is INTERNAL, a reset ABORTED); what they have in
 * common is an error of Node's as their cause.
 */
export function asConnectionProblem(error: unknown): ConnectionProblem | undefined {
  if (!(error instanceof ConnectError)) return undefined;
  for (let cause: unknown = error.cause, depth = 0; cause instanceof Error && depth < 8; cause = cause.cause, depth += 1) {
    if ("code" in cause && typeof cause.code === "string") return { code: cause.code, message: cause.message };
  }
  return undefined;
}

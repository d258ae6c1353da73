import type { JsonValue } from "@bufbuild/protobuf";
import {
  asConnectionProblem,
  asHostFailure,
  type CanonicalCode,
  ConnectError,
  canonicalCode,
  ExitReportSchema,
} from "../../client/index.ts";
import { HostError } from "../../domain/host-error.ts";
import { messageJson } from "../output/json-output.ts";
import type { Terminal } from "../output/terminal.ts";
import { UnreachableError } from "./host-candidates.ts";
import { isInputError } from "./input-error.ts";
import { TimeOutError } from "./time-out.ts";

/** What else a failure carries. */
type Parts = {
  readonly reason?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly violations?: readonly { readonly field: string; readonly description: string }[];
  readonly startFailure?: JsonValue;
};

/**
 * A failure as `--json` tells it: `{"error": {code, reason, message, metadata, violations}}`, and `startFailure` for
 * START_FAILED. docs/reference/l4d2ctl.md promises the shape.
 */
export function failureDocument(error: unknown, terminal: Pick<Terminal, "interrupted">): JsonValue {
  const failure = asHostFailure(error);
  if (failure !== undefined) {
    const { code, rawReason, message, metadata, violations, startFailure } = failure;
    const { step = "", exit } = startFailure ?? {};
    const ended = exit === undefined ? {} : { exit: messageJson(ExitReportSchema, exit) };
    return document(code, message, {
      reason: rawReason,
      metadata,
      violations,
      ...(startFailure && { startFailure: { step, ...ended } }),
    });
  }
  const message = error instanceof Error ? error.message : String(error);
  if (terminal.interrupted.aborted) return document("CANCELED", "interrupted");
  if (error instanceof HostError) {
    const { reason, metadata, violations } = error;
    return document("INVALID_ARGUMENT", message, { reason, metadata, violations });
  }
  if (error instanceof TimeOutError) return document("DEADLINE_EXCEEDED", message);
  if (error instanceof UnreachableError || asConnectionProblem(error) !== undefined) return document("UNAVAILABLE", message);
  if (error instanceof ConnectError) return document(canonicalCode(error.code), error.rawMessage);
  // The parser of command lines begins its messages so.
  return isInputError(error) ? document("INVALID_ARGUMENT", message.replace(/^error: /, "")) : document("UNKNOWN", message);
}

function document(
  code: CanonicalCode,
  message: string,
  { reason = "", metadata = {}, violations = [], startFailure }: Parts = {},
): JsonValue {
  const fields = violations.map(({ field, description }) => ({ field, description }));
  const more = startFailure === undefined ? {} : { startFailure };
  return { error: { code, reason, message, metadata: { ...metadata }, violations: fields, ...more } };
}

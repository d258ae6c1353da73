import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema } from "../gen/google/rpc/error_details_pb.ts";
import { ErrorReason, StartFailureSchema } from "../gen/left4me/host/v1/error_reason_pb.ts";
import type { ExitReport } from "../gen/left4me/host/v1/instance_pb.ts";

/** The reasons of the contract, by name. */
export type HostErrorReason = Exclude<keyof typeof ErrorReason, "UNSPECIFIED">;

/** The canonical codes of gRPC, by name. */
export type CanonicalCode =
  | "CANCELED"
  | "UNKNOWN"
  | "INVALID_ARGUMENT"
  | "DEADLINE_EXCEEDED"
  | "NOT_FOUND"
  | "ALREADY_EXISTS"
  | "PERMISSION_DENIED"
  | "RESOURCE_EXHAUSTED"
  | "FAILED_PRECONDITION"
  | "ABORTED"
  | "OUT_OF_RANGE"
  | "UNIMPLEMENTED"
  | "INTERNAL"
  | "UNAVAILABLE"
  | "DATA_LOSS"
  | "UNAUTHENTICATED";

/** What a host says of a call that failed. */
export type HostFailure = {
  /** gRPC's code of the call. */
  readonly code: CanonicalCode;
  /** For programs. `UNSPECIFIED` for a reason that this release does not know. */
  readonly reason: HostErrorReason | "UNSPECIFIED";
  /** The reason as the host wrote it, also one that this release does not know. */
  readonly rawReason: string;
  /** For people: what was asked, what was found, what to do. */
  readonly message: string;
  /** Every value that stands in the message, by the names that the reason's comment in the contract gives. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The fields of the request that cannot be used, as the contract writes them (`spec.port`), and why. Mostly empty. */
  readonly violations: readonly { readonly field: string; readonly description: string }[];
  /** For START_FAILED: how the game ended. */
  readonly startFailure?: StartFailureDetail;
};

/** How a start failed. */
export type StartFailureDetail = {
  /** Where the start had got to, in a few words: `exec` (the program could not be executed), `starting`, `getting ready`. */
  readonly step: string;
  /** How the game ended. Undefined when nothing had run yet. */
  readonly exit?: ExitReport;
  /** The last lines that the game wrote, oldest first; at most 20 and 2 KiB together. */
  readonly lastLines: readonly string[];
};

const errorDomain = "left4me.host";

/**
 * Reads what a host says of a failed call.
 *
 * Undefined for everything that no host said: a connection that failed, the caller's own deadline or signal, an error
 * that has nothing to do with a call. Never throws.
 */
export function asHostFailure(error: unknown): HostFailure | undefined {
  if (!(error instanceof ConnectError)) return undefined;
  const info = error.findDetails(ErrorInfoSchema).find(({ domain }) => domain === errorDomain);
  if (info === undefined) return undefined;
  const startFailure = startFailureOf(error);
  return {
    code: canonicalCode(error.code),
    reason: isReason(info.reason) ? info.reason : "UNSPECIFIED",
    rawReason: info.reason,
    message: error.rawMessage,
    metadata: { ...info.metadata },
    violations: error
      .findDetails(BadRequestSchema)
      .flatMap(({ fieldViolations }) => fieldViolations.map(({ field, description }) => ({ field, description }))),
    ...(startFailure === undefined ? {} : { startFailure }),
  };
}

/** `Code.NotFound` → `NOT_FOUND`. */
export function canonicalCode(code: Code): CanonicalCode {
  const name = Code[code] ?? "Unknown";
  return name.replace(/(?<!^)[A-Z]/g, (upper) => `_${upper}`).toUpperCase() as CanonicalCode;
}

function isReason(name: string): name is HostErrorReason {
  return name !== "UNSPECIFIED" && Object.hasOwn(ErrorReason, name);
}

function startFailureOf(error: ConnectError): StartFailureDetail | undefined {
  const [detail] = error.findDetails(StartFailureSchema);
  if (detail === undefined) return undefined;
  const { step, exit } = detail;
  return { step, lastLines: exit?.lastLines ?? [], ...(exit === undefined ? {} : { exit }) };
}

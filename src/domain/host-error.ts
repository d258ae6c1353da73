/**
 * Why something failed, as the names of `left4me.host.v1.ErrorReason` without their prefix. A test holds the two lists
 * equal.
 */
export const errorReasons = [
  "INVALID_NAME",
  "INVALID_SPEC",
  "INVALID_OVERLAY_REF",
  "INVALID_CURSOR",
  "INVALID_PAGE_TOKEN",
  "INVALID_FILTER",
  "UPLOAD_REFUSED",
  "INVALID_REQUEST",
  "INSTANCE_NOT_FOUND",
  "OVERLAY_NOT_FOUND",
  "BUILD_NOT_FOUND",
  "ARCHIVE_NOT_FOUND",
  "INVOCATION_NOT_FOUND",
  "JOB_NOT_FOUND",
  "INSTANCE_EXISTS",
  "BUSY",
  "SUPERSEDED",
  "ETAG_MISMATCH",
  "PORT_IN_USE",
  "NO_BUILD",
  "UPPER_INCOMPATIBLE",
  "MOUNT_BUSY",
  "DRIVER_UNAVAILABLE",
  "INSTANCE_RUNNING",
  "OVERLAY_IN_USE",
  "OVERLAY_MUTABLE",
  "OVERLAY_REF_CONFLICT",
  "BUILD_IN_USE",
  "HELPER_REFUSED",
  "ROLE_DENIED",
  "UNAUTHENTICATED",
  "DISK_FULL",
  "TOO_MANY_STREAMS",
  "UPLOAD_TOO_LARGE",
  "TOO_MANY_FILES",
  "START_FAILED",
  "HELPER_FAILED",
  "INTERNAL",
  "STATE_DAMAGED",
  "DISK_FAILED",
  "NOT_READY",
  "SHUTTING_DOWN",
  "NOT_IMPLEMENTED",
  "STEAMCMD_NOT_FOUND",
  "STEAMCMD_DOWNLOAD_FAILED",
  "STEAMCMD_FAILED",
  "STEAM_ACCOUNT_UNUSABLE",
  "STEAM_LOGIN_FAILED",
  "STEAM_RATE_LIMITED",
  "STEAM_NO_SUBSCRIPTION",
  "STEAM_INVALID_PLATFORM",
  "STEAM_MISSING_CONFIGURATION",
  "STEAM_TIMED_OUT",
  "STEAM_NETWORK",
  "STEAM_DISK_WRITE",
  "STEAM_MISSING_FILES",
  "STEAM_CORRUPT",
  "STEAM_STATE",
  "INSTALL_INCOMPLETE",
  "INSTALL_INTERRUPTED",
  "INSTALL_CANCELLED",
  "INSTALL_REFUSED",
  "STEAMCMD_NOT_RUNNABLE",
] as const;

export type ErrorReason = (typeof errorReasons)[number];

/** One field that cannot be used as it is, and why. */
export type FieldViolation = { readonly field: string; readonly description: string };

/** What a {@link HostError} may carry besides its reason and text. */
export type HostErrorDetails = {
  /** Every dynamic value of the message. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** For INVALID_*: all fields that are wrong. */
  readonly violations?: readonly FieldViolation[];
  /** For START_FAILED: where the start had got to, and how the game ended. */
  readonly startFailure?: { readonly step: string; readonly exit?: import("./exit-report.ts").ExitReport };
  readonly cause?: unknown;
};

/**
 * A failure that callers are told: what was asked, what was found and what to do next. `service/` maps its reason to a
 * canonical code; every other error is a defect and answered as INTERNAL.
 */
export class HostError extends Error {
  override readonly name = "HostError";
  readonly reason: ErrorReason;
  readonly metadata: Readonly<Record<string, string>>;
  readonly violations: readonly FieldViolation[];
  readonly startFailure: HostErrorDetails["startFailure"];

  constructor(reason: ErrorReason, message: string, details: HostErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.reason = reason;
    this.metadata = details.metadata ?? {};
    this.violations = details.violations ?? [];
    this.startFailure = details.startFailure;
  }
}

import { Code } from "@connectrpc/connect";
import type { ErrorReason } from "../domain/host-error.ts";

/**
 * The canonical code of every reason; the comments of error_reason.proto say the same, and a test holds them equal. The
 * only place where a reason becomes a code.
 */
export const errorCodes: Readonly<Record<ErrorReason, Code>> = {
  INVALID_NAME: Code.InvalidArgument,
  INVALID_SPEC: Code.InvalidArgument,
  INVALID_OVERLAY_REF: Code.InvalidArgument,
  INVALID_CURSOR: Code.InvalidArgument,
  INVALID_PAGE_TOKEN: Code.InvalidArgument,
  INVALID_FILTER: Code.InvalidArgument,
  UPLOAD_REFUSED: Code.InvalidArgument,
  INVALID_REQUEST: Code.InvalidArgument,
  INSTANCE_NOT_FOUND: Code.NotFound,
  OVERLAY_NOT_FOUND: Code.NotFound,
  BUILD_NOT_FOUND: Code.NotFound,
  ARCHIVE_NOT_FOUND: Code.NotFound,
  INVOCATION_NOT_FOUND: Code.NotFound,
  JOB_NOT_FOUND: Code.NotFound,
  INSTANCE_EXISTS: Code.AlreadyExists,
  BUSY: Code.Aborted,
  SUPERSEDED: Code.Aborted,
  ETAG_MISMATCH: Code.Aborted,
  PORT_IN_USE: Code.FailedPrecondition,
  NO_BUILD: Code.FailedPrecondition,
  UPPER_INCOMPATIBLE: Code.FailedPrecondition,
  MOUNT_BUSY: Code.FailedPrecondition,
  DRIVER_UNAVAILABLE: Code.FailedPrecondition,
  INSTANCE_RUNNING: Code.FailedPrecondition,
  OVERLAY_IN_USE: Code.FailedPrecondition,
  OVERLAY_MUTABLE: Code.FailedPrecondition,
  OVERLAY_REF_CONFLICT: Code.FailedPrecondition,
  HELPER_REFUSED: Code.PermissionDenied,
  ROLE_DENIED: Code.PermissionDenied,
  UNAUTHENTICATED: Code.Unauthenticated,
  DISK_FULL: Code.ResourceExhausted,
  TOO_MANY_STREAMS: Code.ResourceExhausted,
  UPLOAD_TOO_LARGE: Code.ResourceExhausted,
  START_FAILED: Code.Internal,
  HELPER_FAILED: Code.Internal,
  INTERNAL: Code.Internal,
  STATE_DAMAGED: Code.Internal,
  NOT_READY: Code.DeadlineExceeded,
  SHUTTING_DOWN: Code.Unavailable,
  NOT_IMPLEMENTED: Code.Unimplemented,
};

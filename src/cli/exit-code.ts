import type { HostErrorReason } from "../client/index.ts";

/** The exit codes of `l4d2ctl`, and what each says. Stable. */
export const exitCodes = {
  0: "done, or nothing was to be done",
  1: "the game did not start, or the host or this program failed",
  2: "the command line cannot be used (options, names, files that cannot be read)",
  3: "no such instance, overlay, build, job or invocation; the instance of a followed log was deleted",
  4: "conflict: busy, superseded by a newer command, changed meanwhile, exists already",
  5: "the specification or the archive cannot be used",
  6: "the host cannot be reached, or shuts down",
  7: "not possible in the present state (port in use, no build, overlay in use, …)",
  8: "time ran out; the host goes on with it",
  9: "not allowed",
  10: "the host does not offer it",
  11: "a limit was reached (disk, streams, size of an upload)",
  130: "ended by Ctrl-C",
  143: "ended by SIGTERM",
} as const;

/** One of {@link exitCodes}; a failed helper's own code besides. */
export type ExitCode = keyof typeof exitCodes;

/** The code for each reason of the contract. HELPER_FAILED exits with the helper's own code instead, when it has one. */
export const exitCodeOfReason: Readonly<Record<HostErrorReason, ExitCode>> = {
  INVALID_NAME: 2,
  INVALID_SPEC: 5,
  INVALID_OVERLAY_REF: 2,
  INVALID_CURSOR: 2,
  INVALID_PAGE_TOKEN: 2,
  INVALID_FILTER: 2,
  UPLOAD_REFUSED: 5,
  INVALID_REQUEST: 2,
  INSTANCE_NOT_FOUND: 3,
  OVERLAY_NOT_FOUND: 3,
  BUILD_NOT_FOUND: 3,
  ARCHIVE_NOT_FOUND: 3,
  INVOCATION_NOT_FOUND: 3,
  JOB_NOT_FOUND: 3,
  INSTANCE_EXISTS: 4,
  BUSY: 4,
  SUPERSEDED: 4,
  ETAG_MISMATCH: 4,
  PORT_IN_USE: 7,
  NO_BUILD: 7,
  UPPER_INCOMPATIBLE: 7,
  MOUNT_BUSY: 7,
  DRIVER_UNAVAILABLE: 7,
  INSTANCE_RUNNING: 7,
  OVERLAY_IN_USE: 7,
  OVERLAY_MUTABLE: 7,
  OVERLAY_REF_CONFLICT: 7,
  HELPER_REFUSED: 9,
  ROLE_DENIED: 9,
  UNAUTHENTICATED: 9,
  DISK_FULL: 11,
  TOO_MANY_STREAMS: 11,
  UPLOAD_TOO_LARGE: 11,
  START_FAILED: 1,
  HELPER_FAILED: 1,
  INTERNAL: 1,
  NOT_READY: 8,
  STATE_DAMAGED: 1,
  SHUTTING_DOWN: 6,
  NOT_IMPLEMENTED: 10,
};

/** The table for `--help`. */
export function exitCodeHelp(): string {
  const rows = Object.entries(exitCodes).map(([code, meaning]) => `  ${code.padStart(3)}  ${meaning}`);
  return [
    "Exit codes:",
    ...rows,
    "A failed helper or subprocess of the host (its stderr is printed as it is) exits with its own code, 1 to 255.",
    "With several names: the highest code among them.",
  ].join("\n");
}

import type { HostErrorReason, HostFailure } from "../../client/index.ts";

type Hint = (failure: HostFailure, name: string) => string | undefined;

const none: Hint = () => undefined;
const look: Hint = (_, name) => `see what it does now: l4d2ctl status ${name}`;
const report: Hint = () => "the host's own log says more: journalctl -u left4me-hostd, or the terminal it runs in";

/** The next step for each reason of the contract. `name` is the instance's (or a placeholder). */
const hints: Readonly<Record<HostErrorReason, Hint>> = {
  INVALID_NAME: none,
  INVALID_SPEC: () => "check a file without changing anything: l4d2ctl initialize NAME -f spec.yaml --validate-only",
  INVALID_OVERLAY_REF: () => "a reference is relative, such as standard or users/42/custom; those there are: l4d2ctl overlays list",
  INVALID_CURSOR: () => "leave out --after-cursor to begin with the last lines",
  INVALID_PAGE_TOKEN: none,
  INVALID_FILTER: none,
  UPLOAD_REFUSED: () => "correct the archive and import it again; nothing of it was kept",
  INVALID_REQUEST: none,
  INSTANCE_NOT_FOUND: (_, name) => `the instances there are: l4d2ctl list; to create it: l4d2ctl initialize ${name} -f spec.yaml`,
  OVERLAY_NOT_FOUND: ({ metadata }) =>
    `the overlays there are: l4d2ctl overlays list; to add it: l4d2ctl overlays import ${metadata["ref"] ?? "REF"} DIRECTORY`,
  BUILD_NOT_FOUND: () => "the builds there are: l4d2ctl builds",
  ARCHIVE_NOT_FOUND: (_, name) => `the archives there are: l4d2ctl archives ${name}`,
  INVOCATION_NOT_FOUND: (_, name) => `the present one: l4d2ctl status ${name} (invocation)`,
  JOB_NOT_FOUND: () => "the running or the last job: l4d2ctl install --status",
  INSTANCE_EXISTS: () => "leave out --create-only to replace its specification",
  BUSY: (_, name) => `wait and try again, or stop it (a stop supersedes a start): l4d2ctl stop ${name}`,
  SUPERSEDED: (failure, name) => (failure.metadata["verb"] === "DELETE" ? undefined : look(failure, name)),
  ETAG_MISMATCH: (_, name) => `somebody changed it meanwhile; look, then try again: l4d2ctl status ${name} --json`,
  PORT_IN_USE: ({ metadata }, name) =>
    `choose another port, or stop the holder (${metadata["holder"] ?? "see ss -lunp"}); then: l4d2ctl start ${name}`,
  NO_BUILD: () =>
    "install the game first: l4d2ctl install, or l4d2ctl install --import DIRECTORY; then, when there are several: l4d2ctl activate BUILD",
  UPPER_INCOMPATIBLE: (_, name) => `what the game wrote belongs to another driver; discard it: l4d2ctl reset ${name}`,
  MOUNT_BUSY: ({ metadata }) =>
    `end the process that holds the mount: ${metadata["command"] ?? "process"} (pid ${metadata["pid"] ?? "?"}); then try again`,
  DRIVER_UNAVAILABLE: none,
  INSTANCE_RUNNING: (_, name) => `stop it first: l4d2ctl stop ${name}`,
  OVERLAY_IN_USE: ({ metadata }) => `take it out of the specifications of ${metadata["used_by"] ?? "its users"} first`,
  OVERLAY_MUTABLE: () => "it was put there by hand: change or remove its directory by hand",
  BUILD_IN_USE: ({ metadata }) => (metadata["used_by"] === "" ? "activate another one first: l4d2ctl activate BUILD" : ""),
  OVERLAY_REF_CONFLICT: () => "choose a reference that is no prefix of another",
  HELPER_REFUSED: () => "the host's installation is incomplete or was changed: install the package left4me-host again",
  ROLE_DENIED: ({ metadata }) => `use a socket or token of the role ${metadata["needed"] ?? "that is needed"}`,
  UNAUTHENTICATED: () => "use a unix socket of the host, or a client certificate",
  DISK_FULL: ({ metadata }) =>
    `make room below ${metadata["path"] ?? "the host's root"}; old builds and overlays: l4d2ctl builds, l4d2ctl overlays list`,
  TOO_MANY_STREAMS: () => "end other followers, or try again later",
  UPLOAD_TOO_LARGE: none,
  TOO_MANY_FILES: none,
  START_FAILED: (_, name) =>
    `the host goes on trying a few times; to end that: l4d2ctl stop ${name}; the whole log: l4d2ctl logs ${name} --no-follow; what it runs: l4d2ctl explain ${name}`,
  HELPER_FAILED: none,
  INTERNAL: report,
  NOT_READY: (_, name) => `it runs; follow it: l4d2ctl logs ${name}; or do not wait: --wait-for active`,
  STATE_DAMAGED: report,
  DISK_FAILED: none,
  SHUTTING_DOWN: () => "try again in a moment",
  NOT_IMPLEMENTED: () => "what this host offers: l4d2ctl host",
  // Of a job, not of a call: its failure brings its own cure.
  STEAMCMD_NOT_FOUND: none,
  STEAMCMD_DOWNLOAD_FAILED: none,
  STEAMCMD_FAILED: none,
  STEAM_ACCOUNT_UNUSABLE: none,
  STEAM_LOGIN_FAILED: none,
  STEAM_RATE_LIMITED: none,
  STEAM_NO_SUBSCRIPTION: none,
  STEAM_INVALID_PLATFORM: none,
  STEAM_MISSING_CONFIGURATION: none,
  STEAM_TIMED_OUT: none,
  STEAM_NETWORK: none,
  STEAM_DISK_WRITE: none,
  STEAM_MISSING_FILES: none,
  STEAM_CORRUPT: none,
  STEAM_STATE: none,
  INSTALL_INCOMPLETE: none,
  INSTALL_INTERRUPTED: none,
  INSTALL_CANCELLED: none,
  INSTALL_REFUSED: none,
  STEAMCMD_NOT_RUNNABLE: none,
};

/** The next step after a failure; undefined when the message has it already. */
export function hintFor(failure: HostFailure, name = "NAME"): string | undefined {
  return failure.reason === "UNSPECIFIED" ? undefined : hints[failure.reason](failure, name);
}

import type { HostErrorReason, HostFailure } from "../../client/index.ts";
import type { NextCommand } from "../next-command.ts";

/** What a hint is made of. */
type HintContext = Pick<HostFailure, "metadata" | "startFailure"> & {
  /** The instance's, or a placeholder. */
  readonly name: string;
  readonly next: NextCommand;
};
type Hint = (context: HintContext) => string | undefined;

const none: Hint = () => undefined;
const look: Hint = ({ name, next }) => `see what it does now: ${next(`status ${name}`)}`;
const report: Hint = () => "the host's own log says more: journalctl -u left4me-hostd, or the terminal it runs in";

/** The next step for each reason of the contract. */
const hints: Readonly<Record<HostErrorReason, Hint>> = {
  INVALID_NAME: none,
  INVALID_SPEC: ({ next }) => `check a file without changing anything: ${next("initialize NAME -f spec.yaml --validate-only")}`,
  INVALID_OVERLAY_REF: ({ next }) =>
    `a reference is relative, such as standard or users/42/custom; those there are: ${next("overlays list")}`,
  INVALID_CURSOR: () => "leave out --after-cursor to begin with the last lines",
  INVALID_PAGE_TOKEN: none,
  INVALID_FILTER: none,
  UPLOAD_REFUSED: () => "correct the archive and import it again; nothing of it was kept",
  INVALID_REQUEST: none,
  INSTANCE_NOT_FOUND: ({ name, next }) =>
    `the instances there are: ${next("list")}; to create it: ${next(`initialize ${name} -f spec.yaml`)}`,
  OVERLAY_NOT_FOUND: ({ metadata, next }) =>
    `the overlays there are: ${next("overlays list")}; to add it: ${next(`overlays import ${metadata["ref"] ?? "REF"} DIRECTORY`)}`,
  BUILD_NOT_FOUND: ({ next }) => `the builds there are: ${next("builds")}`,
  ARCHIVE_NOT_FOUND: ({ name, next }) => `the archives there are: ${next(`archives ${name}`)}`,
  INVOCATION_NOT_FOUND: ({ name, next }) => `the present one: ${next(`status ${name}`)} (invocation)`,
  JOB_NOT_FOUND: ({ next }) => `the running or the last job: ${next("install --status")}`,
  INSTANCE_EXISTS: () => "leave out --create-only to replace its specification",
  BUSY: ({ name, next }) => `wait and try again, or stop it (a stop supersedes a start): ${next(`stop ${name}`)}`,
  SUPERSEDED: (context) => (context.metadata["verb"] === "DELETE" ? undefined : look(context)),
  ETAG_MISMATCH: ({ name, next }) => `somebody changed it meanwhile; look, then try again: ${next(`status ${name} --json`)}`,
  PORT_IN_USE: ({ metadata, name, next }) =>
    `choose another port, or stop the holder (${metadata["holder"] ?? "see ss -lunp"}); then: ${next(`start ${name}`)}`,
  NO_BUILD: ({ next }) =>
    `install the game first: ${next("install")}, or ${next("install --import DIRECTORY")}; then, when there are several: ${next("activate BUILD")}`,
  UPPER_INCOMPATIBLE: ({ metadata, name, next }) =>
    metadata["archive"] !== undefined
      ? `choose another archive; there are: ${next(`archives ${name}`)}`
      : `what the game wrote belongs to another driver or user; keep it as an archive and begin afresh: ${next(`reset ${name} --archive`)}; without --archive it is discarded`,
  MOUNT_BUSY: ({ metadata }) =>
    `end the process that holds the mount: ${metadata["command"] ?? "process"} (pid ${metadata["pid"] ?? "?"}); then try again`,
  DRIVER_UNAVAILABLE: none,
  INSTANCE_RUNNING: ({ name, next }) => `stop it first: ${next(`stop ${name}`)}`,
  OVERLAY_IN_USE: ({ metadata }) => `take it out of the specifications of ${metadata["used_by"] ?? "its users"} first`,
  OVERLAY_MUTABLE: () => "it was put there by hand: change or remove its directory by hand",
  BUILD_IN_USE: ({ metadata, next }) =>
    metadata["job"] === undefined && metadata["used_by"] === "" ? `the builds there are: ${next("builds")}` : undefined,
  OVERLAY_REF_CONFLICT: () => "choose a reference that is no prefix of another",
  HELPER_REFUSED: () => "the host's installation is incomplete or was changed: install the package left4me-host again",
  ROLE_DENIED: ({ metadata }) => `use a socket or token of the role ${metadata["needed"] ?? "that is needed"}`,
  UNAUTHENTICATED: () => "use a unix socket of the host, or a client certificate",
  DISK_FULL: ({ metadata, next }) =>
    `make room below ${metadata["path"] ?? "the host's root"}; what can go: ${next("archives NAME --delete ARCHIVE")}, ${next("builds delete BUILD")}, ${next("overlays delete REF")}`,
  TOO_MANY_STREAMS: () => "end other followers, or try again later",
  UPLOAD_TOO_LARGE: () => "leave out what is not of the game or the overlay, or divide it into several overlays; nothing of it was kept",
  TOO_MANY_FILES: ({ next }) => `end followers of logs and watches, then look how many are open: ${next("doctor --all")} (descriptors)`,
  START_FAILED: ({ startFailure, name, next }) => {
    const look = `the whole log: ${next(`logs ${name} --no-follow`)}; what it runs: ${next(`explain ${name}`)}`;
    // What could not even be executed is undone by the host; only a game that ran and ended is run again.
    return startFailure?.step === "exec"
      ? `nothing tries again; what is wrong with the host: ${next("doctor")}; ${look}`
      : `the host goes on trying a few times; to end that: ${next(`stop ${name}`)}; ${look}`;
  },
  HELPER_FAILED: ({ next }) => `what is wrong with the host: ${next("doctor")}; its own log: journalctl -u left4me-hostd -n 30`,
  INTERNAL: report,
  NOT_READY: ({ name, next }) => `it runs; follow it: ${next(`logs ${name}`)}; or do not wait: --wait-for active`,
  STATE_DAMAGED: report,
  DISK_FAILED: ({ metadata, next }) =>
    `look at the disk below ${metadata["path"] ?? "the host's root"} (journalctl -k, smartctl), then try again; what else is wrong: ${next("doctor")}`,
  SHUTTING_DOWN: () => "try again in a moment",
  NOT_IMPLEMENTED: ({ next }) => `what this host offers: ${next("host")}`,
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

/** The next step after a failure; undefined when the message has it already. Without a name: NAME. */
export function hintFor(
  failure: HostFailure,
  { name = "NAME", next }: { readonly name?: string | undefined; readonly next: NextCommand },
): string | undefined {
  return failure.reason === "UNSPECIFIED" ? undefined : hints[failure.reason]({ ...failure, name, next });
}

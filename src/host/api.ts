import type { Archive } from "../domain/archive.ts";
import type { Build } from "../domain/build.ts";
import type { Finding } from "../domain/finding.ts";
import type { InstallJob, InstallLine } from "../domain/install-job.ts";
import type { Instance, InstanceState, WaitFor, Warning } from "../domain/instance.ts";
import type { InstanceSpecInput, Labels } from "../domain/instance-spec.ts";
import type { LogEntry, LogGapReason } from "../domain/log-entry.ts";
import type { Overlay } from "../domain/overlay.ts";
import type { WrittenFiles } from "../domain/written-files.ts";
import type { DriverInfo } from "./driver.ts";

/** Who calls, and how long it waits. A signal that aborts ends the waiting, never the operation. */
export type Caller = {
  /** e.g. `operator@unix`; shown to others while an operation holds an instance. */
  readonly identity: string;
  readonly signal: AbortSignal;
};

/** What an instance shall be. Names, specification and labels are validated by the host. */
export type InitializeRequest = {
  readonly name: string;
  readonly spec: InstanceSpecInput;
  readonly labels: Labels;
  /** "" = unconditional. */
  readonly etag: string;
  readonly validateOnly: boolean;
  /** Not together with an etag. */
  readonly createOnly: boolean;
};
/** The instance as it is now; with `validateOnly` as it would be. */
export type InitializeResult = {
  readonly instance: Instance;
  readonly warnings: readonly Warning[];
  /** Whether there was none of that name before. */
  readonly created: boolean;
  /** Whether anything differs from before; always, where `created`. */
  readonly changed: boolean;
  /** What the next start would run; only with `validateOnly`. */
  readonly explanation?: Explanation;
};

/** Names the instance that a call changes, and the state in which it must be found. */
export type ChangeRequest = {
  readonly name: string;
  /** "" = unconditional. */
  readonly etag: string;
};
/** A start or restart, and what it waits for before it answers. */
export type StartRequest = ChangeRequest & { readonly waitFor: WaitFor };
/** `changed`: false when it ran already and was to run. */
export type StartResult = { readonly instance: Instance; readonly changed: boolean; readonly warnings: readonly Warning[] };
/** `changed`: false when nothing ran, was to run or had failed. */
export type StopResult = { readonly instance: Instance; readonly changed: boolean };
/** A restart always changes something. */
export type RestartResult = { readonly instance: Instance; readonly warnings: readonly Warning[] };
/** `archive`: keeps what the game wrote. */
export type ResetRequest = ChangeRequest & { readonly archive: boolean };
/** `changed`: whether anything ran, or was discarded or kept. `archiveId`: what was kept; "" without an archive. */
export type ResetResult = StopResult & { readonly archiveId: string };
/** `archiveId`: one of {@link HostApi.archives}. */
export type ArchiveRequest = ChangeRequest & { readonly archiveId: string };

/** An instance is selected when it meets every condition that is not empty. */
export type InstanceFilter = {
  readonly names: readonly string[];
  readonly labels: Labels;
  readonly states: readonly InstanceState[];
};

/** The selected instances, and the cursor behind which a watch with the same filter goes on. */
export type ListResult = { readonly instances: readonly Instance[]; readonly watchCursor: string };

/**
 * What a watch tells: a hello first, a snapshot of changes (ADDED, without cursors) up to a bookmark, then every change. A resync
 * takes all of it back; a snapshot follows. `merged` counts earlier changes that were merged into this one.
 */
export type WatchEvent =
  | { readonly type: "hello"; readonly hostId: string; readonly resumed: boolean; readonly heartbeatSeconds: number }
  | {
      readonly type: "change";
      readonly change: "ADDED" | "MODIFIED" | "REMOVED";
      readonly instance: Instance;
      readonly cursor: string;
      readonly merged: number;
    }
  | { readonly type: "bookmark"; readonly cursor: string }
  | { readonly type: "resync"; readonly reason: WatchResyncReason }
  | { readonly type: "heartbeat"; readonly cursor: string; readonly time: Date };

/** Why a watch starts over. */
export type WatchResyncReason = "CURSOR_TOO_OLD" | "DAEMON_RESTARTED" | "SLOW_CLIENT";

/** What to watch, and from where on. */
export type WatchRequest = {
  /** "" begins with a snapshot. */
  readonly afterCursor: string;
  readonly filter: InstanceFilter;
  /** Also tells running instances at this interval, in seconds; at least 1. */
  readonly usageIntervalSeconds?: number;
};

/** Which part of a log. At most one of `afterCursor`, `since` and `invocationId`: the start. */
export type LogRequest = {
  readonly name: string;
  /** 0 to 100 000. Undefined: 200 without a start, everything that the start selects with one. */
  readonly lines?: number;
  readonly follow: boolean;
  readonly afterCursor?: string;
  readonly since?: Date;
  readonly invocationId?: string;
};

/** What a log tells: a hello first, then entries, gaps with the number of lost entries where it is known, and heartbeats. */
export type LogEvent =
  | { readonly type: "hello"; readonly hostId: string; readonly uid: string; readonly cursor: string; readonly heartbeatSeconds: number }
  | { readonly type: "batch"; readonly entries: readonly (LogEntry & { readonly cursor: string })[] }
  | { readonly type: "gap"; readonly lost?: number; readonly reason: LogGapReason; readonly cursor: string }
  | { readonly type: "heartbeat"; readonly cursor: string; readonly time: Date };

/** A directory of the stack that a game runs on. */
export type Layer = {
  readonly kind: "UPPER" | "CONFIGURATION" | "OVERLAY" | "BUILD";
  /** "" for other kinds than overlays. */
  readonly overlayRef: string;
  /** "" for other kinds than builds. */
  readonly buildId: string;
  /** The overlay's digest; "" for what is not versioned. */
  readonly version: string;
};
/** A configuration file as the game would find it; the path is relative to the game directory. */
export type ConfigFile = { readonly path: string; readonly content: Uint8Array; readonly overlayRef: string };
/** Where a file of the stack comes from; layers are indexes into {@link Explanation.layers}. */
export type FileOrigin = {
  /** Relative to the game directory. */
  readonly path: string;
  /** The layer that the game sees it from. */
  readonly layer: number;
  /** The layers that have it too, from top to bottom. */
  readonly hides: readonly number[];
  readonly sizeBytes: number;
};
/** What an instance is made of. */
export type Explanation = {
  /** From top to bottom. */
  readonly layers: readonly Layer[];
  /** The game's command line, the program first. */
  readonly argv: readonly string[];
  /** What the host generates or exposes; server.cfg first. */
  readonly configs: readonly ConfigFile[];
  readonly warnings: readonly Warning[];
  /** The files of interest, by path; at most 1000. */
  readonly files: readonly FileOrigin[];
  readonly filesTruncated: boolean;
  /** What the game has changed since the last reset; undefined where it cannot be looked at. */
  readonly written?: WrittenFiles;
};

/** How an archive is packed; AUTO = told from its first bytes. */
export type UploadFormat = "AUTO" | "TAR" | "TAR_GZIP" | "TAR_ZSTD";
/** A tar archive that comes in, and what was announced of it. */
export type Upload = {
  readonly format: UploadFormat;
  readonly chunks: AsyncIterable<Uint8Array>;
  /** How many bytes were announced. An upload of another size is refused. */
  readonly sizeBytes?: number;
  /** The digest that was announced, 64 lower-case hexadecimal digits. An upload with another one is refused. */
  readonly sha256?: string;
};
/** `changed`: false when the content was there already, and active where that was asked for. */
export type ImportBuildResult = { readonly build: Build; readonly changed: boolean };
/** `changed`: false when the content was the current version already. */
export type ImportOverlayResult = { readonly overlay: Overlay; readonly changed: boolean };

/** How to install; all but the last two are ignored by a job that runs already. */
export type InstallRequest = {
  /** Verifies all files even when the build is current. */
  readonly validate: boolean;
  /** Does not activate what it installs. */
  readonly keepActiveBuild: boolean;
  /** Downloads SteamCMD when there is none. */
  readonly bootstrap: boolean;
  /** Attaches to this job, and begins none. "" = begins or attaches. */
  readonly jobId: string;
  /** Only lines behind this number; only with a job's id. */
  readonly afterSequence: number;
};
/** Behind the last one the stream ends, or throws what the job ended with. */
export type InstallEvent = { readonly type: "job"; readonly job: InstallJob } | { readonly type: "line"; readonly line: InstallLine };

/** The machine, and what its driver can do; the contract's Host. */
export type HostDescription = {
  readonly id: string;
  readonly hostname: string;
  readonly version: string;
  readonly driver: DriverInfo;
  /** Whether it can run SteamCMD. */
  readonly installsGame: boolean;
  /** Whether it can examine itself. */
  readonly diagnoses: boolean;
  readonly root: string;
  readonly startTime: Date;
  /** The file system of `root`. */
  readonly disk: { readonly totalBytes: number; readonly freeBytes: number };
  readonly load: {
    readonly cpus: number;
    /** Over 1, 5 and 15 minutes. */
    readonly loadAverages: readonly number[];
    readonly memoryTotalBytes: number;
    readonly memoryAvailableBytes: number;
    readonly instances: number;
    readonly instancesRunning: number;
  };
};

/**
 * The use cases, as RPC handlers see them. Each does what the contract promises of its RPC and rejects with a HostError of
 * the reasons that stand there, idempotent where the contract says so; reads are answered from memory. Names are validated
 * here, not by the caller.
 */
export interface HostApi {
  describe(): Promise<HostDescription>;
  /** The gravest first. Changes nothing. @throws HostError NOT_IMPLEMENTED */
  diagnose(signal: AbortSignal): Promise<readonly Finding[]>;

  initialize(request: InitializeRequest, caller: Caller): Promise<InitializeResult>;
  get(name: string): Instance;
  /** Every selected instance in the order of the names, and a cursor for a watch with the same filter. */
  list(filter: InstanceFilter): ListResult;
  watch(request: WatchRequest, signal: AbortSignal): AsyncIterable<WatchEvent>;
  start(request: StartRequest, caller: Caller): Promise<StartResult>;
  stop(request: ChangeRequest, caller: Caller): Promise<StopResult>;
  restart(request: StartRequest, caller: Caller): Promise<RestartResult>;
  reset(request: ResetRequest, caller: Caller): Promise<ResetResult>;
  delete(request: ChangeRequest, caller: Caller): Promise<{ readonly changed: boolean }>;
  explain(name: string, signal: AbortSignal): Promise<Explanation>;
  /** The newest first. */
  archives(name: string): Promise<readonly Archive[]>;
  restoreArchive(request: ArchiveRequest, caller: Caller): Promise<{ readonly instance: Instance }>;
  deleteArchive(request: ArchiveRequest, caller: Caller): Promise<{ readonly changed: boolean }>;

  logs(request: LogRequest, signal: AbortSignal): AsyncIterable<LogEvent>;

  importBuild(upload: Upload, activate: boolean, signal: AbortSignal): Promise<ImportBuildResult>;
  /** The newest first. */
  builds(): readonly Build[];
  activeBuild(): Build | undefined;
  activateBuild(id: string): Promise<ImportBuildResult>;
  deleteBuild(id: string): Promise<{ changed: boolean }>;

  /** Begins an installation, or attaches to the one that runs. @throws HostError NOT_IMPLEMENTED */
  install(request: InstallRequest, caller: Caller): AsyncIterable<InstallEvent>;
  /** The running or the last job, and its last lines. */
  installation(): { readonly job?: InstallJob; readonly lines: readonly InstallLine[] };
  /** @param id "" = whichever runs @throws HostError NOT_IMPLEMENTED, JOB_NOT_FOUND */
  cancelInstall(id: string): Promise<{ readonly job?: InstallJob; readonly changed: boolean }>;

  /** In the order of the references. Looks at the files of those that were put there by hand while games run on them. */
  overlays(signal: AbortSignal): Promise<readonly Overlay[]>;
  importOverlay(ref: string, upload: Upload, signal: AbortSignal): Promise<ImportOverlayResult>;
  deleteOverlay(ref: string): Promise<{ readonly changed: boolean }>;

  /** Ends watches and followers with SHUTTING_DOWN, lets operations settle for a moment, closes the driver. */
  close(): Promise<void>;
}

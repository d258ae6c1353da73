import type { Build } from "../domain/build.ts";
import type { Instance, InstanceState, WaitFor, Warning } from "../domain/instance.ts";
import type { InstanceSpecInput, Labels } from "../domain/instance-spec.ts";
import type { LogEntry, LogGapReason } from "../domain/log-entry.ts";
import type { Overlay } from "../domain/overlay.ts";
import type { DriverInfo } from "./driver.ts";

/** Who calls, and how long it waits. A signal that aborts ends the waiting, never the operation. */
export type Caller = {
  /** e.g. `operator@unix`; shown to others while an operation holds an instance. */
  readonly identity: string;
  readonly signal: AbortSignal;
};

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
export type InitializeResult = {
  readonly instance: Instance;
  readonly warnings: readonly Warning[];
  readonly created: boolean;
  readonly changed: boolean;
  /** What the next start would run; only with `validateOnly`. */
  readonly explanation?: Explanation;
};

export type ChangeRequest = {
  readonly name: string;
  /** "" = unconditional. */
  readonly etag: string;
};
export type StartRequest = ChangeRequest & { readonly waitFor: WaitFor };
export type StartResult = { readonly instance: Instance; readonly changed: boolean; readonly warnings: readonly Warning[] };
export type StopResult = { readonly instance: Instance; readonly changed: boolean };
export type RestartResult = { readonly instance: Instance; readonly warnings: readonly Warning[] };
export type ResetRequest = ChangeRequest & { readonly archive: boolean };

/** An instance is selected when it meets every condition that is not empty. */
export type InstanceFilter = {
  readonly names: readonly string[];
  readonly labels: Labels;
  readonly states: readonly InstanceState[];
};

export type ListResult = { readonly instances: readonly Instance[]; readonly watchCursor: string };

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

export type WatchResyncReason = "CURSOR_TOO_OLD" | "DAEMON_RESTARTED" | "SLOW_CLIENT";

export type WatchRequest = {
  /** "" begins with a snapshot. */
  readonly afterCursor: string;
  readonly filter: InstanceFilter;
  /** Also tells running instances at this interval; at least 1. */
  readonly usageIntervalSeconds?: number;
};

export type LogRequest = {
  readonly name: string;
  /** Undefined: 200 without a start, everything that the start selects with one. */
  readonly lines?: number;
  readonly follow: boolean;
  readonly afterCursor?: string;
  readonly since?: Date;
  readonly invocationId?: string;
};

export type LogEvent =
  | { readonly type: "hello"; readonly hostId: string; readonly uid: string; readonly cursor: string; readonly heartbeatSeconds: number }
  | { readonly type: "batch"; readonly entries: readonly (LogEntry & { readonly cursor: string })[] }
  | { readonly type: "gap"; readonly lost?: number; readonly reason: LogGapReason; readonly cursor: string }
  | { readonly type: "heartbeat"; readonly cursor: string; readonly time: Date };

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
export type Explanation = {
  readonly layers: readonly Layer[];
  readonly argv: readonly string[];
  /** What the host generates or exposes; server.cfg first. */
  readonly configs: readonly ConfigFile[];
  readonly warnings: readonly Warning[];
};

export type UploadFormat = "AUTO" | "TAR" | "TAR_GZIP" | "TAR_ZSTD";
export type Upload = {
  readonly format: UploadFormat;
  readonly chunks: AsyncIterable<Uint8Array>;
  /** How many bytes were announced. An upload of another size is refused. */
  readonly sizeBytes?: number;
  /** The digest that was announced, 64 lower-case hexadecimal digits. An upload with another one is refused. */
  readonly sha256?: string;
};
export type ImportBuildResult = { readonly build: Build; readonly changed: boolean };
export type ImportOverlayResult = { readonly overlay: Overlay; readonly changed: boolean };

export type HostDescription = {
  readonly id: string;
  readonly hostname: string;
  readonly version: string;
  readonly driver: DriverInfo;
  readonly root: string;
  readonly startTime: Date;
  readonly disk: { readonly totalBytes: number; readonly freeBytes: number };
  readonly load: {
    readonly cpus: number;
    readonly loadAverages: readonly number[];
    readonly memoryTotalBytes: number;
    readonly memoryAvailableBytes: number;
    readonly instances: number;
    readonly instancesRunning: number;
  };
};

/**
 * The use cases, as RPC handlers see them. Every method rejects with HostError for what callers are told; reads are
 * answered from memory. Names are validated here, not by the caller.
 */
export interface HostApi {
  describe(): Promise<HostDescription>;

  initialize(request: InitializeRequest, caller: Caller): Promise<InitializeResult>;
  get(name: string): Instance;
  /** Every selected instance in the order of the names, and a cursor for a watch with the same filter. */
  list(filter: InstanceFilter): ListResult;
  watch(request: WatchRequest, signal: AbortSignal): AsyncIterable<WatchEvent>;
  start(request: StartRequest, caller: Caller): Promise<StartResult>;
  stop(request: ChangeRequest, caller: Caller): Promise<StopResult>;
  restart(request: StartRequest, caller: Caller): Promise<RestartResult>;
  reset(request: ResetRequest, caller: Caller): Promise<StopResult & { readonly archiveId: string }>;
  delete(request: ChangeRequest, caller: Caller): Promise<{ readonly changed: boolean }>;
  explain(name: string): Promise<Explanation>;

  logs(request: LogRequest, signal: AbortSignal): AsyncIterable<LogEvent>;

  importBuild(upload: Upload, activate: boolean, signal: AbortSignal): Promise<ImportBuildResult>;
  /** The newest first. */
  builds(): readonly Build[];
  activeBuild(): Build | undefined;
  activateBuild(id: string): Promise<ImportBuildResult>;

  /** In the order of the references. */
  overlays(): Promise<readonly Overlay[]>;
  importOverlay(ref: string, upload: Upload, signal: AbortSignal): Promise<ImportOverlayResult>;
  deleteOverlay(ref: string): Promise<{ readonly changed: boolean }>;

  /** Ends watches and followers with SHUTTING_DOWN, lets operations settle for a moment, closes the driver. */
  close(): Promise<void>;
}

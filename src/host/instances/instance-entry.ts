import { instanceEtag } from "../../domain/etag.ts";
import type { ExitReport } from "../../domain/exit-report.ts";
import type { Drift, Instance, InstanceState, Operation, Readiness, Warning } from "../../domain/instance.ts";
import { neverStarted, type RuntimeStatus } from "../../domain/runtime-status.ts";
import type { RuntimeIdentity } from "../driver.ts";
import type { InstanceRecord } from "./instance-record.ts";

/** What the mount of a running game pins. */
export type MountedGeneration = {
  readonly number: number;
  /** The port that the game was started with; a newer specification may name another. */
  readonly port: number;
  readonly buildId: string;
  readonly overlays: readonly { readonly ref: string; readonly version: string }[];
};

/** One instance in memory: what is kept on disk, what the driver observes, and what follows from both. */
export type InstanceEntry = {
  record: InstanceRecord;
  runtime: RuntimeStatus;
  /** Set from the moment that a start is about to use it until nothing runs any more. */
  mounted: MountedGeneration | undefined;
  /** The port is bound; only meaningful while the runtime is active. */
  ready: boolean;
  /** A start was tried, and no game has begun since: who asked for it was told why. */
  startFailed: boolean;
  /** An operation is ending the game; a restart goes on behind that. */
  ending: boolean;
  lastExit: ExitReport | undefined;
  /** The last lines of `lastExit` are still being read. */
  exitPending: boolean;
  operation: Operation | undefined;
  /** Overlays whose current version differs from the mounted one. */
  overlaysChanged: boolean;
  warnings: readonly Warning[];
  state: InstanceState;
  stateChangeTime: Date;
  revision: number;
};

/** An instance of which nothing has ever run. @param since when it was made */
export function newEntry(record: InstanceRecord, since: Date): InstanceEntry {
  return {
    record,
    runtime: neverStarted(since),
    mounted: undefined,
    ready: false,
    startFailed: false,
    ending: false,
    lastExit: undefined,
    exitPending: false,
    operation: undefined,
    overlaysChanged: false,
    warnings: [],
    state: "STOPPED",
    stateChangeTime: since,
    revision: 0,
  };
}

/** The instance in a driver's words. */
export function identityOf(entry: InstanceEntry): RuntimeIdentity {
  return { name: entry.record.name, uid: entry.record.uid };
}

/** The instance's etag: of what callers set, not of its state. */
export function etagOf(record: InstanceRecord): string {
  return instanceEtag(record.uid, record.labels, record.spec);
}

/** No process and no mount is left, whether it ended well or badly. */
export function isRuntimeAtRest(runtime: RuntimeStatus): boolean {
  return (runtime.activeState === "inactive" || runtime.activeState === "failed") && !runtime.mounted;
}

/**
 * The life cycle that a runtime's raw words stand for.
 *
 * A game that ended badly because it was asked to end (srcds may crash while it shuts down) has stopped, not failed.
 */
export function stateOf({ runtime, lastExit }: Pick<InstanceEntry, "runtime" | "lastExit">): InstanceState {
  switch (runtime.activeState) {
    case "active":
      return "RUNNING";
    case "activating":
      return "STARTING";
    case "deactivating":
      return "STOPPING";
    case "failed":
      if (runtime.mounted) return "STOPPING";
      return lastExit?.intended === true && lastExit.invocationId === runtime.invocationId ? "STOPPED" : "FAILED";
    case "inactive":
      return runtime.mounted ? "STOPPING" : "STOPPED";
  }
}

/** The instance as callers see it. */
export function instanceOf(entry: InstanceEntry, activeBuildId: string): Instance {
  const { record, runtime, mounted } = entry;
  return {
    name: record.name,
    uid: record.uid,
    etag: etagOf(record),
    labels: record.labels,
    spec: record.spec,
    desiredState: record.desiredState,
    createTime: new Date(record.createTime),
    updateTime: new Date(record.updateTime),
    revision: entry.revision,
    status: {
      state: entry.state,
      readiness: readinessOf(entry),
      drift: driftOf(entry),
      activeState: runtime.activeState,
      subState: runtime.subState,
      result: runtime.result,
      invocationId: runtime.invocationId,
      mainPid: runtime.mainPid,
      stateChangeTime: entry.stateChangeTime,
      restarts: runtime.restarts,
      buildId: mounted?.buildId ?? "",
      generation: mounted?.number ?? 0,
      nextBuildId: activeBuildId,
      nextGeneration: record.generation,
      pendingRestart: isRestartPending(entry, activeBuildId),
      warnings: entry.warnings,
      ...(entry.lastExit === undefined ? {} : { lastExit: entry.lastExit }),
      ...(entry.operation === undefined ? {} : { operation: entry.operation }),
    },
  };
}

function readinessOf(entry: InstanceEntry): Readiness {
  if (entry.state !== "RUNNING") return "NOT_APPLICABLE";
  return entry.ready ? "READY" : "NOT_READY";
}

/** A difference between wish and fact that no operation, crash, restart or failed start explains. */
function driftOf({ record, operation, state, runtime, startFailed }: InstanceEntry): Drift {
  if (operation !== undefined || record.intent !== undefined) return "NONE";
  if (record.desiredState === "STOPPED" && (state === "RUNNING" || state === "STARTING")) return "STARTED_OUTSIDE";
  const isStopped = record.desiredState === "RUNNING" && state === "STOPPED" && runtime.invocationId !== "";
  if (isStopped && !startFailed) return "STOPPED_OUTSIDE";
  return "NONE";
}

function isRestartPending({ record, state, mounted, overlaysChanged }: InstanceEntry, activeBuildId: string): boolean {
  if (mounted === undefined || state === "STOPPED" || state === "FAILED") return false;
  return mounted.number !== record.generation || mounted.buildId !== activeBuildId || overlaysChanged;
}

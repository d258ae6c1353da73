import type { HostLayout } from "../domain/host-layout.ts";
import type { BuildStore } from "./builds/build-store.ts";
import type { HostDriver } from "./driver.ts";
import type { GenerationStore } from "./generations/generation-store.ts";
import type { HostLog } from "./host-log.ts";
import type { InstallJobs } from "./install/install-jobs.ts";
import type { InstanceRegistry } from "./instances/instance-registry.ts";
import type { UsageSampler } from "./instances/usage-sampler.ts";
import type { OperationTable } from "./life-cycle/operation-table.ts";
import type { HandPlacedOverlays } from "./overlays/hand-placed.ts";
import type { OverlayStore } from "./overlays/overlay-store.ts";
import type { LogPacer } from "./streams/log-pacer.ts";
import type { Turns } from "./turns.ts";

/** What the use cases of one host share. */
export type HostContext = {
  readonly hostId: string;
  /** Names this run of the daemon in the cursors of watches. */
  readonly epoch: number;
  readonly layout: HostLayout;
  readonly driver: HostDriver;
  readonly registry: InstanceRegistry;
  readonly operations: OperationTable;
  readonly builds: BuildStore;
  readonly overlays: OverlayStore;
  readonly generations: GenerationStore;
  readonly handPlaced: HandPlacedOverlays;
  /** Explanations look at layers one after the other: each keeps many names in memory. */
  readonly surveys: Turns;
  /** Diagnoses run one after the other: they try mounts, and read a good deal of the disk. */
  readonly diagnoses: Turns;
  readonly usage: UsageSampler;
  readonly pacer: LogPacer;
  /** The installation jobs; undefined on a host that cannot run SteamCMD. */
  readonly jobs: InstallJobs | undefined;
  readonly probe: ReadinessProbe;
  /** So many archives an instance has at most. */
  readonly keepArchives: number;
  /** Silence on a stream after which a heartbeat is sent. */
  readonly heartbeatSeconds: number;
  /** How long a start waits for readiness. */
  readonly readyTimeoutSeconds: number;
  /** Aborts when the host closes. */
  readonly closing: AbortSignal;
  readonly log: HostLog;
};

/** Whether a running game serves: asked again and again until it does. */
export type ReadinessProbe = (game: { readonly name: string; readonly port: number }) => Promise<boolean>;

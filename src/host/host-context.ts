import type { HostLayout } from "../domain/host-layout.ts";
import type { BuildStore } from "./build-store.ts";
import type { HostDriver } from "./driver.ts";
import type { GenerationStore } from "./generation-store.ts";
import type { InstanceRegistry } from "./instance-registry.ts";
import type { LogPacer } from "./log-pacer.ts";
import type { OperationTable } from "./operation-table.ts";
import type { OverlayStore } from "./overlay-store.ts";
import type { UsageSampler } from "./usage-sampler.ts";

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
  readonly usage: UsageSampler;
  readonly pacer: LogPacer;
  readonly probe: ReadinessProbe;
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

/** Where the host tells what no caller waits for. */
export type HostLog = (level: "debug" | "info" | "warn" | "error", message: string, fields?: Readonly<Record<string, unknown>>) => void;

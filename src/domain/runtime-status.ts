import type { ExitFacts } from "./exit-report.ts";

/**
 * What a driver knows of one instance, in the words of systemd (`systemctl show`): drivers without systemd use the same
 * words for the same facts, so that one set of rules judges them all.
 */
export type RuntimeStatus = {
  readonly activeState: "inactive" | "activating" | "active" | "deactivating" | "failed";
  /** e.g. `dead`, `start`, `running`, `stop-sigterm`, `auto-restart`. */
  readonly subState: string;
  /** e.g. `success`, `exit-code`, `signal`, `oom-kill`, `timeout`, `start-limit-hit`. */
  readonly result: string;
  /** The current invocation or the last; empty before the first. */
  readonly invocationId: string;
  /** 0 when nothing runs. */
  readonly mainPid: number;
  /** When activeState/subState were entered. */
  readonly since: Date;
  /** Automatic restarts since the last start that was asked for. */
  readonly restarts: number;
  /** Whether the overlay is mounted, or being mounted or unmounted. */
  readonly mounted: boolean;
  /** The generation that is mounted; 0 when none is. */
  readonly generation: number;
  /** How the last ended invocation ended. */
  readonly exit?: ExitFacts;
};

/** A fresh instance: nothing ever ran. */
export function neverStarted(since: Date): RuntimeStatus {
  return {
    activeState: "inactive",
    subState: "dead",
    result: "success",
    invocationId: "",
    mainPid: 0,
    since,
    restarts: 0,
    mounted: false,
    generation: 0,
  };
}

/** What a process tree uses; undefined = unknown. */
export type ResourceUsage = {
  readonly sampleTime: Date;
  readonly memoryBytes?: number;
  readonly cpuSeconds?: number;
  readonly tasks?: number;
  readonly receiveBytes?: number;
  readonly transmitBytes?: number;
};

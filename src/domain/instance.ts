import type { ExitReport } from "./exit-report.ts";
import type { InstanceSpec, Labels } from "./instance-spec.ts";
import type { ResourceUsage } from "./runtime-status.ts";

/** What shall be, also after a reboot: the last word of whoever started or stopped it by a call. */
export type DesiredState = "RUNNING" | "STOPPED";
/** What is. FAILED: it ended badly and nothing restarts it. */
export type InstanceState = "STOPPED" | "STARTING" | "RUNNING" | "STOPPING" | "FAILED";
/** Whether the game holds its port; NOT_APPLICABLE while none runs. */
export type Readiness = "NOT_APPLICABLE" | "NOT_READY" | "READY";
/** How what is differs from what shall be, by somebody else's hand (`systemctl`). */
export type Drift = "NONE" | "STARTED_OUTSIDE" | "STOPPED_OUTSIDE";
/** The mutations of an instance. */
export type Verb = "INITIALIZE" | "START" | "STOP" | "RESTART" | "RESET" | "DELETE" | "RESTORE_ARCHIVE" | "DELETE_ARCHIVE";
/** What a start answers at: the process runs, or the game holds its port. */
export type WaitFor = "ACTIVE" | "READY";

/** A mutation that holds an instance. */
export type Operation = {
  readonly id: string;
  readonly verb: Verb;
  readonly startTime: Date;
  readonly step: string;
  /** Who began it, e.g. `operator@unix`. */
  readonly caller: string;
};

/** What the host observes; the contract's InstanceStatus. */
export type InstanceStatus = {
  readonly state: InstanceState;
  readonly readiness: Readiness;
  readonly drift: Drift;
  readonly activeState: string;
  readonly subState: string;
  readonly result: string;
  readonly invocationId: string;
  readonly mainPid: number;
  readonly stateChangeTime: Date;
  readonly lastExit?: ExitReport;
  readonly restarts: number;
  /** Undefined when nothing runs. */
  readonly usage?: ResourceUsage;
  /** What the mount pins; "" and 0 when nothing is mounted. */
  readonly buildId: string;
  readonly generation: number;
  /** What the next start uses; "" when no build is active. */
  readonly nextBuildId: string;
  readonly nextGeneration: number;
  readonly pendingRestart: boolean;
  readonly operation?: Operation;
  readonly warnings: readonly Warning[];
};

/** A game server of this host; the contract's Instance. */
export type Instance = {
  readonly name: string;
  readonly uid: string;
  readonly etag: string;
  readonly labels: Labels;
  readonly spec: InstanceSpec;
  readonly desiredState: DesiredState;
  readonly status: InstanceStatus;
  readonly createTime: Date;
  readonly updateTime: Date;
  /** Grows with every change of the instance but its usage; never falls. */
  readonly revision: number;
};

/** What a warning is about, for programs; the contract's WarningCode says when each is given. */
export type WarningCode =
  | "UNKNOWN_KEY"
  | "PORT_CLASH"
  | "NO_BUILD"
  | "ARGUMENT_WITH_SPACE"
  | "NO_SERVER_CFG"
  | "LIMIT_NOT_ENFORCED"
  | "OVERRIDE"
  | "VOLATILE_LOST"
  | "OVERLAY_EDITED_IN_USE"
  | "OPTION_IGNORED"
  | "MISPLACED_ADDON"
  | "DUPLICATE_PLUGIN"
  | "STEAM_CLIENT_MISSING"
  | "OVERLAY_MODES"
  | "WRITTEN_ON_OTHER_BUILD";

/** Something that the caller should know although the call succeeded. */
export type Warning = { readonly code: WarningCode; readonly message: string; readonly field?: string };

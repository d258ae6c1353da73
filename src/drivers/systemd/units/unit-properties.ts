/** Properties of a unit as they came from the bus, by name; empty for a unit that is not loaded. */
export type PropertyBag = ReadonlyMap<string, unknown>;

/** Which properties the driver keeps, by interface. All of them are told in PropertiesChanged. */
export const keptProperties = {
  Unit: ["ActiveState", "SubState", "InvocationID", "StateChangeTimestamp", "Job"],
  Service: ["Result", "MainPID", "NRestarts", "ExecMainCode", "ExecMainStatus", "ExecMainExitTimestamp"],
} as const;

/** One unit in the words of org.freedesktop.systemd1(5). */
export type UnitFacts = {
  readonly activeState: string;
  readonly subState: string;
  readonly result: string;
  /** 32 lower-case hexadecimal digits; empty before the first. */
  readonly invocationId: string;
  /** Milliseconds since 1970; 0 = unknown. */
  readonly since: number;
  /** Whether something is about to start or stop it. */
  readonly hasJob: boolean;
  readonly mainPid: number;
  readonly restarts: number;
  /** CLD_EXITED 1, CLD_KILLED 2, CLD_DUMPED 3 (sigaction(2)); 0 = no main process has ended. */
  readonly execCode: number;
  /** An exit code or a signal's number. */
  readonly execStatus: number;
  /** Milliseconds since 1970; 0 = it has not ended. */
  readonly execExit: number;
};

/** Reads the facts; what is missing or of another type has the value of a unit that was never loaded. */
export function unitFacts(bag: PropertyBag): UnitFacts {
  return {
    activeState: textOf(bag.get("ActiveState")) || "inactive",
    subState: textOf(bag.get("SubState")) || "dead",
    result: textOf(bag.get("Result")) || "success",
    invocationId: hexOf(bag.get("InvocationID")),
    since: millisecondsOf(bag.get("StateChangeTimestamp")),
    hasJob: jobOf(bag.get("Job")) !== 0,
    mainPid: numberOf(bag.get("MainPID")),
    restarts: numberOf(bag.get("NRestarts")),
    execCode: numberOf(bag.get("ExecMainCode")),
    execStatus: numberOf(bag.get("ExecMainStatus")),
    execExit: millisecondsOf(bag.get("ExecMainExitTimestamp")),
  };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Numbers of 64 bits are bigints, and 2^64-1 means that nothing is set. */
function numberOf(value: unknown): number {
  if (typeof value === "bigint") return value === 0xffff_ffff_ffff_ffffn ? 0 : Number(value);
  return typeof value === "number" ? value : 0;
}

/** systemd's timestamps are microseconds since 1970. */
function millisecondsOf(value: unknown): number {
  return Math.trunc(numberOf(value) / 1000);
}

/** `ay`, 16 bytes or none. */
function hexOf(value: unknown): string {
  return value instanceof Uint8Array && value.length === 16 ? Buffer.from(value).toString("hex") : "";
}

/** `(uo)`: the job's id, 0 without one, and its path. */
function jobOf(value: unknown): number {
  return Array.isArray(value) ? numberOf(value[0]) : 0;
}

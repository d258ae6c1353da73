import { readFileSync } from "node:fs";

/** Names a process beyond doubt within one boot. */
export type ProcessIdentity = {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks after boot, kept as text. */
  readonly startTime: string;
};

/** The fields of /proc/PID/stat that we read; proc(5). Times are in clock ticks (100 a second on every Linux we know). */
export type ProcessStat = ProcessIdentity & {
  readonly state: string;
  readonly parent: number;
  /** User and system time, of the process and of the children that it has waited for. */
  readonly ticks: number;
  readonly threads: number;
  readonly residentPages: number;
};

/** Returns the statistics of a process, or undefined when there is none. */
export function readProcessStat(pid: number | "self"): ProcessStat | undefined {
  try {
    return parseProcessStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return undefined;
  }
}

/** Parses a line of /proc/PID/stat; undefined when it is not complete. The name may hold spaces and parentheses. */
export function parseProcessStat(line: string): ProcessStat | undefined {
  const end = line.lastIndexOf(")");
  const pid = Number.parseInt(line, 10);
  const fields = line
    .slice(end + 2)
    .trim()
    .split(" ");
  const startTime = fields[19];
  if (end === -1 || !Number.isInteger(pid) || startTime === undefined || fields.length < 22) return undefined;
  const number = (index: number) => Number(fields[index]);
  return {
    pid,
    startTime,
    state: fields[0] ?? "",
    parent: number(1),
    ticks: number(11) + number(12) + number(13) + number(14),
    threads: number(17),
    residentPages: number(21),
  };
}

/** Whether this very process lives; a zombie does not. */
export function isAlive(identity: ProcessIdentity): boolean {
  const stat = readProcessStat(identity.pid);
  return stat !== undefined && stat.startTime === identity.startTime && stat.state !== "Z" && stat.state !== "X";
}

/** Sends a signal to this very process; does nothing when it is gone. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isAlive(identity)) return;
  try {
    process.kill(identity.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

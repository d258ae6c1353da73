import { readFileSync } from "node:fs";
import { processorMs } from "../process-figures.ts";
import { systemctl } from "./systemctl.ts";

/** A server that is looked at from outside. */
export type MeasuredServer = {
  readonly pid: number;
  /** Milliseconds of processor time that it has used, and those that work for it. */
  processorMs(): number;
};

/** The daemon of the package; its unit's account has the journalctls too that have ended. */
export async function daemonServer(): Promise<MeasuredServer> {
  const unit = "left4me-hostd.service";
  const account = `/sys/fs/cgroup/system.slice/${unit}/cpu.stat`;
  return {
    pid: Number(await systemctl("show", "--property=MainPID", "--value", unit)),
    processorMs: () => Number(/^usage_usec (\d+)$/m.exec(readFileSync(account, "utf8"))?.[1]) / 1000,
  };
}

/** A process with those that work for it. */
export function processServer(pid: number, ...others: readonly number[]): MeasuredServer {
  return { pid, processorMs: () => processorMs([pid, ...others]) };
}

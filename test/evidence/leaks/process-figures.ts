import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** What a process holds. */
export type ProcessFigures = {
  readonly descriptors: number;
  /** Its own, not theirs: a game may run programs as it likes. */
  readonly children: number;
  /** Resident memory in MB (10^6 bytes). */
  readonly residentMb: number;
};

/** @param proc the /proc in which the process has this number */
export async function processFigures(proc: string, pid: number): Promise<ProcessFigures> {
  const [descriptors, status, children] = await Promise.all([
    readdir(join(proc, String(pid), "fd")),
    readFile(join(proc, String(pid), "status"), "utf8"),
    childrenOf(proc, pid),
  ]);
  return {
    descriptors: descriptors.length,
    children,
    residentMb: (Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024) / 1e6,
  };
}

async function childrenOf(proc: string, parent: number): Promise<number> {
  const pids = (await readdir(proc)).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(pids.map((pid) => readFile(join(proc, pid, "stat"), "utf8").catch(() => ""))); // it may end meanwhile
  return stats.filter((stat) => parentIn(stat) === parent).length;
}

/** proc_pid_stat(5): pid (name) state parent …; the name may hold anything. */
function parentIn(stat: string): number {
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}

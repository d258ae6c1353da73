import { readFileSync } from "node:fs";

/** Clock ticks a second in /proc/PID/stat; the kernel's USER_HZ, the same everywhere. */
const ticksPerSecond = 100;

/** Resident memory of a process in MB (10^6 bytes). */
export function residentMb(pid: number): number {
  return (Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024) / 1e6;
}

/** Milliseconds of processor time that processes have used, to 10 ms. */
export function processorMs(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + ticksOf(pid), 0) * (1000 / ticksPerSecond);
}

/** Watches the resident memory of a process until it is told to stop; then returns the most that it saw, in MB. */
export function watchResident(pid: number, everyMs = 50): () => number {
  let most = residentMb(pid);
  const timer = setInterval(() => {
    most = Math.max(most, residentMb(pid));
  }, everyMs);
  return () => {
    clearInterval(timer);
    return Math.max(most, residentMb(pid));
  };
}

/** utime and stime, behind the name, which may hold anything. */
function ticksOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}

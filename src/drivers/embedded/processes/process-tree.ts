import { readdirSync, readFileSync } from "node:fs";
import type { ResourceUsage } from "../../../domain/runtime-status.ts";
import { type ProcessStat, readProcessStat } from "./process-stat.ts";

/** The children of a process, of all its threads. */
export function childrenOf(pid: number): number[] {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    return threads.flatMap((thread) => numbers(readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8")));
  } catch {
    return childrenByScan(pid);
  }
}

/** For kernels without CONFIG_PROC_CHILDREN, and for processes that are gone. */
function childrenByScan(pid: number): number[] {
  if (readProcessStat(pid) === undefined) return [];
  const all = readdirSync("/proc").filter((entry) => /^\d+$/.test(entry));
  return all.map(Number).filter((candidate) => readProcessStat(candidate)?.parent === pid);
}

function numbers(text: string): number[] {
  return text
    .split(" ")
    .filter((word) => word !== "")
    .map(Number);
}

/** All processes below one, without itself. */
export function descendantsOf(pid: number): number[] {
  const found: number[] = [];
  const open = [pid];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const children = childrenOf(next);
    found.push(...children);
    open.push(...children);
  }
  return found;
}

/**
 * What processes use together. Resident memory counts shared pages once a process; time includes children that have
 * been waited for.
 */
export function usageOf(pids: readonly number[]): ResourceUsage | undefined {
  const stats = pids.map((pid) => readProcessStat(pid)).filter((stat) => stat !== undefined);
  if (stats.length === 0) return undefined;
  const sum = (value: (stat: ProcessStat) => number) => stats.reduce((total, stat) => total + value(stat), 0);
  return {
    sampleTime: new Date(),
    memoryBytes: sum((stat) => stat.residentPages) * pageSize(),
    cpuSeconds: sum((stat) => stat.ticks) / 100,
    tasks: sum((stat) => stat.threads),
  };
}

let knownPageSize: number | undefined;

/** The size of a page in bytes: not 4096 on every arm64 kernel. */
function pageSize(): number {
  knownPageSize ??= readPageSize();
  return knownPageSize;
}

function readPageSize(): number {
  try {
    const kilobytes = /^KernelPageSize:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/smaps", "utf8"))?.[1];
    return kilobytes === undefined ? 4096 : Number(kilobytes) * 1024;
  } catch {
    return 4096;
  }
}

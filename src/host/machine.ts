import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { readFile, statfs } from "node:fs/promises";
import { availableParallelism, freemem, loadavg, totalmem } from "node:os";
import type { HostDescription } from "./api.ts";

/** The file system that holds a directory. */
export async function diskOf(directory: string): Promise<HostDescription["disk"]> {
  const { bsize, blocks, bavail } = await statfs(directory);
  return { totalBytes: bsize * blocks, freeBytes: bsize * bavail };
}

/** The load of the machine, as far as it is no matter of instances. */
export function loadOf(): Omit<HostDescription["load"], "instances" | "instancesRunning"> {
  return {
    cpus: availableParallelism(),
    loadAverages: loadavg(),
    memoryTotalBytes: totalmem(),
    memoryAvailableBytes: availableMemory(),
  };
}

/** MemAvailable of proc_meminfo(5): unlike what is free, it counts what the kernel could reclaim. */
function availableMemory(): number {
  try {
    const kib = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync("/proc/meminfo", "latin1"))?.[1];
    if (kib !== undefined) return Number(kib) * 1024;
  } catch {
    // no /proc: not Linux
  }
  return freemem();
}

/** Names the running boot of the machine; random where the kernel does not tell. */
export async function bootId(): Promise<string> {
  const id = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => randomUUID());
  return id.trim();
}

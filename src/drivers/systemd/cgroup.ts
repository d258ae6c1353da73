import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ResourceUsage } from "../../domain/runtime-status.ts";
import { unitName } from "./units/unit-names.ts";

/** Where the cgroups of all games lie (left4me.slice). */
const slice = "/sys/fs/cgroup/left4me.slice";

/** The processes of a server, as ids of the host. Empty when nothing runs. */
export async function processesOf(name: string, root = slice): Promise<number[]> {
  const text = await readFile(join(root, unitName("server", name), "cgroup.procs"), "utf8").catch(() => "");
  return text.split("\n").filter(Boolean).map(Number);
}

/** What a server uses now (cgroup v2); a controller that is not there leaves its value unknown. Undefined when nothing runs. */
export function usageOf(name: string, root = slice): ResourceUsage | undefined {
  const group = join(root, unitName("server", name));
  const cpu = /^usage_usec (\d+)$/m.exec(textOf(join(group, "cpu.stat")))?.[1];
  if (cpu === undefined) return undefined;
  const memory = countOf(textOf(join(group, "memory.current")));
  const tasks = countOf(textOf(join(group, "pids.current")));
  return {
    sampleTime: new Date(),
    cpuSeconds: Number(cpu) / 1e6,
    ...(memory === undefined ? {} : { memoryBytes: memory }),
    ...(tasks === undefined ? {} : { tasks }),
  };
}

function countOf(text: string): number | undefined {
  return /^\d+\n?$/.test(text) ? Number(text) : undefined;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

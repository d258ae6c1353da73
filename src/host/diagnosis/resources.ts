import { readdir, readFile } from "node:fs/promises";
import { type Finding, failing, fine, warning } from "../../domain/finding.ts";
import { formatBytes } from "../../domain/format-bytes.ts";
import { loadOf } from "../machine.ts";
import type { Check } from "./check.ts";

/** What a game takes, roughly. */
const gameBytes = 1024 ** 3;
const fewBytes = 256 * 1024 ** 2;
/** A follower takes two descriptors, a connection one. */
const fewDescriptors = 1024;

/** Whether there is memory for another game. */
export function memory(): Check {
  return { name: "memory", run: () => judgeMemory(loadOf().memoryAvailableBytes) };
}

/** What to say of the memory that a new process could use, in bytes. */
export function judgeMemory(available: number): Finding[] {
  const message = `${formatBytes(available)} of memory are available; a game takes about 1 GiB`;
  const cure = "stop instances (l4d2ctl stop NAME), see what else takes it (top -o %MEM), or add memory";
  if (available < fewBytes) return [failing("memory", message, cure)];
  return [available < gameBytes ? warning("memory", message, cure) : fine("memory", message)];
}

/** Whether the daemon may open as many files as its callers need. */
export function descriptors(): Check {
  return {
    name: "descriptors",
    async run() {
      const limit = Number(/^Max open files\s+(\d+)/m.exec(await readFile("/proc/self/limits", "latin1"))?.[1] ?? Number.POSITIVE_INFINITY);
      return judgeDescriptors(limit, (await readdir("/proc/self/fd")).length);
    },
  };
}

/** What to say of the open files of the daemon and their limit. */
export function judgeDescriptors(limit: number, open: number): Finding[] {
  const message = `the daemon has ${open} of at most ${limit} files open`;
  const cure =
    "raise the limit: sudo systemctl edit left4me-hostd, [Service] LimitNOFILE=65536, sudo systemctl restart left4me-hostd; without systemd: ulimit -n 65536 before the daemon starts";
  if (open > limit * 0.95) return [failing("descriptors", message, cure)];
  return [open > limit * 0.8 || limit < fewDescriptors ? warning("descriptors", message, cure) : fine("descriptors", message)];
}

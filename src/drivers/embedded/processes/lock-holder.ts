import { readFileSync, statSync } from "node:fs";

/** Who holds a lock of flock(2), by /proc/locks; pid 0 when nobody is found. */
export function lockHolder(path: string): { readonly pid: number; readonly command: string } {
  try {
    const inode = String(statSync(path).ino);
    for (const line of readFileSync("/proc/locks", "utf8").split("\n")) {
      const [, kind, , , pid, file] = line.split(/\s+/);
      if (kind !== "FLOCK" || file?.split(":")[2] !== inode) continue;
      return { pid: Number(pid), command: readFileSync(`/proc/${pid}/comm`, "utf8").trim() };
    }
  } catch {
    // It has just ended, or the lock file is gone.
  }
  return { pid: 0, command: "unknown" };
}

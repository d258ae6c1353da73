import { readdirSync, readFileSync } from "node:fs";

/** O_CLOEXEC as /proc/PID/fdinfo shows it, in octal; proc(5). */
const closeOnExec = 0o2000000;

/**
 * The descriptors above 2 that every child of this process would inherit: what our own parent left open. Node closes
 * the low ones itself, and opens none such, so that asking once is enough.
 */
export function leakedDescriptors(): readonly number[] {
  return readdirSync("/proc/self/fd")
    .map(Number)
    .filter((descriptor) => descriptor > 2 && isInherited(descriptor));
}

function isInherited(descriptor: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, "utf8"))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & closeOnExec) === 0;
  } catch {
    // It was the one that listed the directory.
    return false;
  }
}

import { openSync, readFileSync, writeSync } from "node:fs";

/** The x86 `hlt` instruction. It is privileged, so executing it here is a fault: SIGSEGV. */
const HLT = 0xf4;

/**
 * Dies of SIGSEGV.
 * @returns {never}
 */
export function crash() {
  process.kill(process.pid, "SIGSEGV");
  // Still here: as PID 1 of a PID namespace the kernel shields this process from signals that it sends itself.
  // A fault is not shielded.
  try {
    fault();
  } catch {
    // Where /proc/self/mem cannot be written (another platform, a hardened kernel), abort at least ends it.
  }
  process.abort();
}

/** Overwrites the C library's code in this process, so that its next call faults. */
function fault() {
  const code = /^([0-9a-f]+)-([0-9a-f]+) r-xp .*libc[.-]/m.exec(readFileSync("/proc/self/maps", "utf8"));
  if (!code) return;
  const start = Number.parseInt(code[1] ?? "", 16);
  const length = Number.parseInt(code[2] ?? "", 16) - start;
  writeSync(openSync("/proc/self/mem", "r+"), Buffer.alloc(length, HLT), 0, length, start);
}

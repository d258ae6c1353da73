import { readFileSync } from "node:fs";

/**
 * When an instance was made, in microseconds since 1970; what the journal has of its name from before is a namesake's.
 * The host's record knows; without one (it is damaged) nothing is left out.
 */
export function instanceSince(recordPath: string, uid: string): number {
  try {
    const record = JSON.parse(readFileSync(recordPath, "utf8")) as { uid?: unknown; createTime?: unknown };
    const time = record.uid === uid && typeof record.createTime === "string" ? Date.parse(record.createTime) : Number.NaN;
    return Number.isNaN(time) ? 0 : time * 1000;
  } catch {
    return 0;
  }
}

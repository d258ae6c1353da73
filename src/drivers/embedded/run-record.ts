import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { ExitFacts } from "../../domain/exit-report.ts";
import type { StartTarget } from "../../host/driver.ts";
import type { ProcessIdentity } from "./processes/process-stat.ts";

/**
 * What an instance is doing, as far as the driver has decided:
 * idle (nothing runs), starting (a tree is being made), running, stopping (an end was ordered), waiting (for the time of
 * an automatic restart).
 */
export type RunPhase = "idle" | "starting" | "running" | "stopping" | "waiting";

/** What an automatic restart needs; the specification is the host's. */
export type RunTarget = Omit<StartTarget, "spec">;

/** Everything that must outlive the daemon about one instance; run.json. Times are in milliseconds since 1970. */
export type RunRecord = {
  readonly uid: string;
  readonly phase: RunPhase;
  /** Number of the newest invocation; 0 before the first. */
  readonly seq: number;
  readonly invocationId: string;
  /** The boot in which `phase` was true. */
  readonly bootId: string;
  /** The process that holds the lock, and the game, while there are such. */
  readonly tree?: ProcessIdentity;
  readonly game?: ProcessIdentity;
  readonly target?: RunTarget;
  readonly restarts: number;
  /** When the newest starts were made, for the restart limit. */
  readonly starts: readonly number[];
  readonly since: number;
  /** systemd's word for how it ended last. */
  readonly result: string;
  readonly exit?: ExitFacts;
  /** When a waiting instance is due. */
  readonly restartAt?: number;
};

/** The record of an instance that never ran. */
export function newRunRecord(uid: string, bootId: string, seq = 0): RunRecord {
  return { uid, phase: "idle", seq, invocationId: "", bootId, restarts: 0, starts: [], since: Date.now(), result: "success" };
}

/** Reads a record; undefined when there is none or it is damaged (a power loss: nothing of it runs any more). */
export function readRunRecord(path: string): RunRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(path, "utf8")) as RunRecord;
    if (typeof record.uid !== "string" || !Number.isSafeInteger(record.seq)) return undefined;
    if (record.exit === undefined) return record;
    return { ...record, exit: { ...record.exit, exitTime: new Date(record.exit.exitTime) } };
  } catch {
    return undefined;
  }
}

/**
 * Replaces the record atomically. Not synced to the disk: it only has to outlive the daemon; after a power loss no
 * process is left that it could describe.
 */
export function writeRunRecord(path: string, record: RunRecord): void {
  const temporary = `${path}.tmp`;
  writeFileSync(temporary, JSON.stringify(record), { mode: 0o600 });
  renameSync(temporary, path);
}

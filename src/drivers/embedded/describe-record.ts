import type { RuntimeStatus } from "../../domain/runtime-status.ts";
import type { RunPhase, RunRecord } from "./run-record.ts";

const words: Readonly<Record<Exclude<RunPhase, "idle">, readonly [RuntimeStatus["activeState"], string]>> = {
  starting: ["activating", "start"],
  running: ["active", "running"],
  stopping: ["deactivating", "stop-sigterm"],
  waiting: ["activating", "auto-restart"],
};

/** Says in systemd's words what a record means. */
export function describeRecord(record: RunRecord): RuntimeStatus {
  const idle = record.result === "success" ? (["inactive", "dead"] as const) : (["failed", "failed"] as const);
  const [activeState, subState] = record.phase === "idle" ? idle : words[record.phase];
  const hasTree = record.phase !== "idle" && record.phase !== "waiting";
  return {
    activeState,
    subState,
    result: record.result,
    invocationId: record.invocationId,
    mainPid: hasTree ? (record.game?.pid ?? 0) : 0,
    since: new Date(record.since),
    restarts: record.restarts,
    mounted: hasTree,
    // Also between a crash and its restart: the generation is still needed.
    generation: record.phase === "idle" ? 0 : (record.target?.generation ?? 0),
    ...(record.exit === undefined ? {} : { exit: record.exit }),
  };
}

import { isOneShot, parseUnitName, type UnitOf } from "../units/unit-names.ts";
import { type JobOrder, JobResults } from "./job-results.ts";
import type { SystemdManager } from "./systemd-manager.ts";

/** How long before somebody began to wait for a job it may have been ordered: as long as a call may take. Milliseconds. */
const orderedBeforeMs = 60_000;

type Waiting = { readonly order: JobOrder; readonly since: number };

/** As {@link JobResults}; and it finds out what became of jobs whose end was told while nobody heard. */
export class FollowedJobs extends JobResults {
  readonly #followed = new Map<string, Waiting>();

  override ended(job: string, result: string): void {
    this.#followed.delete(job);
    super.ended(job, result);
  }

  override async of(job: string, order: JobOrder): Promise<string> {
    this.#followed.set(job, { order, since: Date.now() });
    try {
      return await super.of(job, order);
    } finally {
      this.#followed.delete(job);
    }
  }

  override fail(error: unknown): void {
    this.#followed.clear();
    super.fail(error);
  }

  /** Settles the jobs that PID 1 does not know any more. @throws what the calls throw */
  async settleGone(manager: SystemdManager): Promise<void> {
    await Promise.all([...this.#followed].map(([job, waiting]) => this.#settleIfGone(manager, job, waiting)));
  }

  async #settleIfGone(manager: SystemdManager, job: string, waiting: Waiting): Promise<void> {
    const { order, since } = waiting;
    const current = await manager.get(order.unit, "Unit", "Job");
    const path = Array.isArray(current) && current[0] !== 0 ? current[1] : undefined;
    if (path === job) return;
    const result = path === undefined || order.verb === "stop" ? await resultOf(manager, order, since) : "canceled";
    // Its end may have been told while this was asked.
    if (this.#followed.get(job) === waiting) this.ended(job, result);
  }
}

/** Units that end by themselves: when it went well they are inactive, as one that never ran is. */
const endBySelf: readonly UnitOf["kind"][] = ["install", "hand-over", "discard"];

/** What a job has come to, seen from its unit. A stop has no other end that anybody cares for. */
async function resultOf(manager: SystemdManager, { verb, unit }: JobOrder, since: number): Promise<string> {
  if (verb === "stop") return "done";
  const state = await manager.get(unit, "Unit", "ActiveState");
  if (state === "active" || state === "reloading") return "done";
  const parsed = parseUnitName(unit);
  if (parsed === undefined || !(isOneShot(parsed.kind) || endBySelf.includes(parsed.kind))) return "failed";
  // One that went well leaves an inactive unit, as one that never ran does.
  const succeeded = (await manager.get(unit, "Service", "Result")) === "success";
  const exit = Number(await manager.get(unit, "Service", "ExecMainExitTimestamp")) / 1000;
  return succeeded && exit >= since - orderedBeforeMs ? "done" : "failed";
}

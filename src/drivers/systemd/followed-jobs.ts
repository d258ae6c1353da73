import { JobResults } from "./job-results.ts";
import type { SystemdManager } from "./systemd-manager.ts";
import { parseUnitName } from "./unit-names.ts";

/** How long before somebody began to wait for a job it may have been ordered: as long as a call may take. Milliseconds. */
const orderedBeforeMs = 60_000;

type Waiting = { readonly command: string; readonly since: number };

/** As {@link JobResults}; and it finds out what became of jobs whose end was told while nobody heard. */
export class FollowedJobs extends JobResults {
  readonly #followed = new Map<string, Waiting>();

  override ended(job: string, result: string): void {
    this.#followed.delete(job);
    super.ended(job, result);
  }

  /** @param what `systemctl start UNIT` or `systemctl stop UNIT` */
  override async of(job: string, what: string): Promise<string> {
    this.#followed.set(job, { command: what, since: Date.now() });
    try {
      return await super.of(job, what);
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
    const [, verb, unit] = /^systemctl (start|stop) (\S+)$/.exec(waiting.command) ?? [];
    if (unit === undefined) return;
    const current = await manager.get(unit, "Unit", "Job");
    const path = Array.isArray(current) && current[0] !== 0 ? current[1] : undefined;
    if (path === job) return;
    const result = path === undefined || verb === "stop" ? await resultOf(manager, unit, verb === "stop", waiting.since) : "canceled";
    // Its end may have been told while this was asked.
    if (this.#followed.get(job) === waiting) this.ended(job, result);
  }
}

/** What a job has come to, seen from its unit. A stop has no other end that anybody cares for. */
async function resultOf(manager: SystemdManager, unit: string, isStop: boolean, since: number): Promise<string> {
  if (isStop) return "done";
  const state = await manager.get(unit, "Unit", "ActiveState");
  if (state === "active" || state === "reloading") return "done";
  if (parseUnitName(unit)?.kind !== "reset") return "failed";
  // A reset that went well leaves an inactive unit, as one that never ran does.
  const succeeded = (await manager.get(unit, "Service", "Result")) === "success";
  const exit = Number(await manager.get(unit, "Service", "ExecMainExitTimestamp")) / 1000;
  return succeeded && exit >= since - orderedBeforeMs ? "done" : "failed";
}

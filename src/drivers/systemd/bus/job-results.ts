import { HostError } from "../../../domain/host-error.ts";

/** How long a job may take, in milliseconds: a stop of 15 s, and an unmount that writes back a whole disk. */
const jobTimeoutMs = 180_000;

/** How many results are kept: a job may end before everybody who waits for it has read the answer that names it. */
const keptResults = 512;

/** What was asked of PID 1 when it made a job. */
export type JobOrder = {
  readonly verb: "start" | "stop";
  readonly unit: string;
  /** It copies, or brings to the disk, as much as there is: it takes as long as it takes. */
  readonly isUnlimited?: boolean;
};

/** An order as people give it, for errors. */
export function commandOf({ verb, unit }: JobOrder): string {
  return `systemctl ${verb} ${unit}`;
}

/**
 * Brings the ends of systemd's jobs (signal JobRemoved) to whoever waits for them. Several may wait for one: PID 1 gives
 * two stops of a unit the same job.
 */
export class JobResults {
  readonly #waiting = new Map<string, PromiseWithResolvers<string>>();
  readonly #ended = new Map<string, string>();

  /** A job has ended. @param result `done`, `canceled`, `timeout`, `failed`, `dependency`, `skipped`, … */
  ended(job: string, result: string): void {
    this.#waiting.get(job)?.resolve(result);
    this.#ended.set(job, result);
    const [oldest] = this.#ended.keys();
    if (this.#ended.size > keptResults && oldest !== undefined) this.#ended.delete(oldest);
  }

  /**
   * Waits for a job's end and returns its result.
   *
   * @throws HostError HELPER_FAILED three minutes after the first wait for it, unless it is unlimited; what {@link fail} was given
   */
  async of(job: string, order: JobOrder): Promise<string> {
    return this.#ended.get(job) ?? this.#waiting.get(job)?.promise ?? this.#wait(job, order);
  }

  /** No signal will come any more: all who wait are told why. */
  fail(error: unknown): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#ended.clear();
  }

  async #wait(job: string, order: JobOrder): Promise<string> {
    const waiting = Promise.withResolvers<string>();
    this.#waiting.set(job, waiting);
    const giveUp = () => waiting.reject(unended(commandOf(order)));
    const timer = order.isUnlimited === true ? undefined : setTimeout(giveUp, jobTimeoutMs);
    try {
      return await waiting.promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(job);
    }
  }
}

function unended(command: string): HostError {
  return new HostError(
    "HELPER_FAILED",
    `${command} did not end within ${jobTimeoutMs / 1000} s; systemctl list-jobs shows what it waits for`,
    {
      metadata: { command, exit_code: "", stderr: "" },
    },
  );
}

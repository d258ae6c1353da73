import { HostError } from "../../domain/host-error.ts";

/** How long a job may take, in milliseconds: a stop of 15 s, and an unmount that writes back a whole disk. */
const jobTimeoutMs = 180_000;

/** How many results nobody has asked for yet are kept: a job may end before the answer that names it has been read. */
const keptResults = 512;

type Waiting = { readonly resolve: (result: string) => void; readonly reject: (error: unknown) => void };

/** Brings the ends of systemd's jobs (signal JobRemoved) to whoever waits for them. */
export class JobResults {
  readonly #waiting = new Map<string, Waiting>();
  readonly #unclaimed = new Map<string, string>();

  /** A job has ended. @param result `done`, `canceled`, `timeout`, `failed`, `dependency`, `skipped`, … */
  ended(job: string, result: string): void {
    const waiting = this.#waiting.get(job);
    if (waiting !== undefined) return waiting.resolve(result);
    this.#unclaimed.set(job, result);
    const [oldest] = this.#unclaimed.keys();
    if (this.#unclaimed.size > keptResults && oldest !== undefined) this.#unclaimed.delete(oldest);
  }

  /**
   * Waits for a job's end and returns its result.
   *
   * @param what the command, for the error
   * @throws HostError HELPER_FAILED after three minutes; what {@link fail} was given
   */
  async of(job: string, what: string): Promise<string> {
    const known = this.#unclaimed.get(job);
    if (known !== undefined) {
      this.#unclaimed.delete(job);
      return known;
    }
    const timer = setTimeout(() => this.#waiting.get(job)?.reject(unended(what)), jobTimeoutMs);
    try {
      return await new Promise<string>((resolve, reject) => this.#waiting.set(job, { resolve, reject }));
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(job);
    }
  }

  /** No signal will come any more: all who wait are told why. */
  fail(error: unknown): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#unclaimed.clear();
  }
}

function unended(what: string): HostError {
  return new HostError(
    "HELPER_FAILED",
    `${what} did not end within ${jobTimeoutMs / 1000} s; systemctl list-jobs shows what it waits for`,
    {
      metadata: { command: what, exit_code: "", stderr: "" },
    },
  );
}

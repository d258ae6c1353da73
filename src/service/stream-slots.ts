import { HostError } from "../domain/host-error.ts";

/** Limits how many streams a process serves at once, so that forgotten ones cannot exhaust it. */
export class StreamSlots {
  readonly limit: number;
  #used = 0;

  /** @param limit streams of all callers together. Default: 2000. */
  constructor(limit = 2000) {
    this.limit = limit;
  }

  /** Streams that are open now. */
  get used(): number {
    return this.#used;
  }

  /**
   * Takes a slot until `release` is called or `signal` aborts, whichever comes first: a client that vanishes while a write
   * to it is pending leaves a handler that never runs again.
   *
   * @throws HostError TOO_MANY_STREAMS
   */
  acquire(signal: AbortSignal): { release(): void } {
    if (this.#used >= this.limit) throw this.#exhausted();
    this.#used += 1;
    let held = true;
    const release = () => {
      if (!held) return;
      held = false;
      this.#used -= 1;
      signal.removeEventListener("abort", release);
    };
    if (signal.aborted) release();
    else signal.addEventListener("abort", release);
    return { release };
  }

  #exhausted(): HostError {
    const limit = String(this.limit);
    return new HostError("TOO_MANY_STREAMS", `the host serves ${limit} streams already; end some, or ask again later`, {
      metadata: { limit },
    });
  }
}

import { HostError } from "../domain/host-error.ts";

/** Limits how many streams a process serves at once, so that forgotten ones cannot exhaust it. */
export class StreamSlots {
  readonly limit: number;
  readonly #changed: (used: number) => void;
  #used = 0;

  /**
   * @param limit streams of all callers together. Default: 2000.
   * @param changed is told how many are open, whenever that changes
   */
  constructor(limit = 2000, changed: (used: number) => void = () => {}) {
    this.limit = limit;
    this.#changed = changed;
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
    this.#use(1);
    let held = true;
    const release = () => {
      if (!held) return;
      held = false;
      this.#use(-1);
      signal.removeEventListener("abort", release);
    };
    if (signal.aborted) release();
    else signal.addEventListener("abort", release);
    return { release };
  }

  #use(more: 1 | -1): void {
    this.#used += more;
    this.#changed(this.#used);
  }

  #exhausted(): HostError {
    const limit = String(this.limit);
    return new HostError("TOO_MANY_STREAMS", `the host serves ${limit} streams already; end some, or ask again later`, {
      metadata: { limit },
    });
  }
}

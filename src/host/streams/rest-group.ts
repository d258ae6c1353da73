import { Waiters } from "./waiters.ts";

const goldenRatio = (Math.sqrt(5) - 1) / 2;

/** Readers whose rests end together, so that they share what a line costs; and one window after another, so that none is told more often. */
export class RestGroup {
  /** How many there are. */
  readers = 0;
  /** What of a window the first rest behind a pause takes: multiples of the golden ratio spread the groups over it. */
  readonly #phase: number;
  readonly #waiters = new Waiters();
  #isResting = false;
  /** By `performance.now()`. */
  #end = Number.NEGATIVE_INFINITY;

  constructor(number: number) {
    this.#phase = ((number + 1) * goldenRatio) % 1;
  }

  /** Resolves at the end of the rest that is under way or begins, and when `until` aborts. */
  rest(windowMs: number, until: AbortSignal): Promise<unknown> {
    if (!this.#isResting) this.#begin(windowMs);
    return this.#waiters.wait(until);
  }

  #begin(windowMs: number): void {
    const now = performance.now();
    const next = this.#end + windowMs;
    this.#end = next > now ? next : now + this.#phase * windowMs;
    this.#isResting = true;
    setTimeout(
      () => {
        this.#isResting = false;
        this.#waiters.wake();
      },
      Math.ceil(this.#end - now),
    );
  }
}

/** At most so many jobs, and so many bytes held by them, at once. */
export type WorkBounds = { readonly jobs: number; readonly bytes: number };

/**
 * Runs jobs side by side and makes whoever adds them wait while too many are under way.
 *
 * The first failure is thrown at the next {@link BoundedWork.add} or {@link BoundedWork.settle}; jobs never overlap their
 * owner's end when it calls `settle` in the end, failed or not.
 */
export class BoundedWork {
  readonly #bounds: WorkBounds;
  readonly #running = new Set<Promise<void>>();
  #bytes = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(bounds: WorkBounds) {
    this.#bounds = bounds;
  }

  /** Starts `job`, which holds `bytes` of memory, as soon as there is room. */
  async add(bytes: number, job: () => Promise<void>): Promise<void> {
    while (this.#running.size >= this.#bounds.jobs || (this.#running.size > 0 && this.#bytes + bytes > this.#bounds.bytes)) {
      await Promise.race(this.#running);
    }
    this.#throwFailure();
    this.#bytes += bytes;
    const running = job()
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#bytes -= bytes;
        this.#running.delete(running);
      });
    this.#running.add(running);
  }

  /** Waits for everything under way; throws the first failure. */
  async settle(): Promise<void> {
    await Promise.all(this.#running);
    this.#throwFailure();
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}

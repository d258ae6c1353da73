/** Those who wait for the next change of something. Waiting leaves nothing behind, however often nothing happens. */
export class Waiters {
  readonly #wakers = new Set<() => void>();

  /** Something has changed: lets all who wait go. */
  wake(): void {
    for (const wake of [...this.#wakers]) wake();
  }

  /**
   * Waits for the next change; but no longer than until `signal` aborts, or `timeoutMs` are over (default: no limit).
   *
   * @returns whether there was a change
   */
  wait(signal: AbortSignal, timeoutMs?: number): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const end = (isChange: boolean) => {
        clearTimeout(timer);
        this.#wakers.delete(wake);
        signal.removeEventListener("abort", giveUp);
        resolve(isChange);
      };
      const wake = () => end(true);
      const giveUp = () => end(false);
      const timer = timeoutMs === undefined ? undefined : setTimeout(giveUp, timeoutMs);
      this.#wakers.add(wake);
      signal.addEventListener("abort", giveUp, { once: true });
    });
  }
}

const limitMs = 10_000;

/** When things are told for the first time after somebody began to wait for them. */
export class Told {
  readonly #waiting = new Map<string, () => void>();

  /** Resolves when `what` is told, with that moment of `performance.now()`. Rejects after ten seconds. */
  when(what: string): Promise<number> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${what}: nothing was told`)), limitMs);
      this.#waiting.set(what, () => {
        clearTimeout(timer);
        resolve(performance.now());
      });
    });
  }

  tell(what: string): void {
    this.#waiting.get(what)?.();
    this.#waiting.delete(what);
  }
}

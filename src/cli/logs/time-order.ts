/**
 * Lets several logs be printed as one, in the order of their times: whoever has an entry waits until each of the others has one as
 * well, or has ended, and the oldest goes first. Entries of one log keep their order, whatever their times are.
 */
export class TimeOrder {
  readonly #running = new Set<string>();
  readonly #waiting = new Map<string, { readonly time: number; readonly go: () => void }>();

  /** @param logs the names of all that take part; each must call {@link TimeOrder.ended} in the end */
  constructor(logs: readonly string[]) {
    for (const log of logs) this.#running.add(log);
  }

  /** Resolves when this log's next entry may be printed. @param time in milliseconds since 1970 */
  turn(log: string, time: number): Promise<void> {
    return new Promise((go) => {
      this.#waiting.set(log, { time, go });
      this.#next();
    });
  }

  /** No entry of this log comes any more. */
  ended(log: string): void {
    this.#running.delete(log);
    this.#next();
  }

  #next(): void {
    if (this.#waiting.size < this.#running.size) return;
    const [oldest] = [...this.#waiting].sort(([, a], [, b]) => a.time - b.time);
    if (oldest === undefined) return;
    const [log, { go }] = oldest;
    this.#waiting.delete(log);
    go();
  }
}

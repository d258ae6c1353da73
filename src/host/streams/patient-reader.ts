/** Reads a generator without having to wait for it: what has not come in time comes with a later call. */
export class PatientReader<T> {
  readonly #source: AsyncGenerator<T>;
  #isPulling = false;
  #arrived: PromiseSettledResult<IteratorResult<T>> | undefined;
  #wake: () => void = () => {};

  constructor(source: AsyncGenerator<T>) {
    this.#source = source;
  }

  /** The next result; undefined when it has not come within so many milliseconds. @throws what the generator throws */
  async next(ms: number): Promise<IteratorResult<T> | undefined> {
    if (!this.#isPulling) this.#pull();
    if (this.#arrived === undefined) await this.#wait(ms);
    const arrived = this.#arrived;
    if (arrived === undefined) return undefined;
    this.#arrived = undefined;
    this.#isPulling = false;
    if (arrived.status === "rejected") throw arrived.reason;
    return arrived.value;
  }

  /** Ends the generator; does not wait for that. */
  stop(): void {
    void this.#source.return(undefined).catch(() => {});
  }

  /** One reaction a value, however many calls pass before it comes. */
  #pull(): void {
    this.#isPulling = true;
    void Promise.allSettled([this.#source.next()]).then(([result]) => {
      this.#arrived = result;
      this.#wake();
    });
  }

  async #wait(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Runs pieces of work one after the other, in the order in which they came. A failure does not hold the next. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  async take<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => {});
    return await turn;
  }
}

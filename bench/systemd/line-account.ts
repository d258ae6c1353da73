/** Counts numbered lines as they come: each one was received, or lies in a gap that was declared, or is unexplained. */
export class LineAccount {
  received = 0;
  /** Lines in gaps that said how many they hold. */
  declared = 0;
  /** Gaps that did not: the contract's `lost` is unset. */
  uncounted = 0;
  /** Lines that are missing without a word, or came twice, or that a gap counted wrongly. */
  unexplained = 0;
  #last: number;
  #gap: number | "unknown" = 0;

  /** @param last the number of the last line that is not to come */
  constructor(last: number) {
    this.#last = last;
  }

  /** The number of the last line that came. */
  get last(): number {
    return this.#last;
  }

  line(number: number): void {
    const missing = number - this.#last - 1;
    if (this.#gap !== "unknown" || missing < 0) this.unexplained += Math.abs(missing - (this.#gap === "unknown" ? 0 : this.#gap));
    this.received += 1;
    this.#last = number;
    this.#gap = 0;
  }

  /** @param lost as the contract's gap has it */
  gap(lost: bigint | undefined): void {
    if (lost === undefined) {
      this.uncounted += 1;
      this.#gap = "unknown";
      return;
    }
    this.declared += Number(lost);
    if (this.#gap !== "unknown") this.#gap += Number(lost);
  }
}

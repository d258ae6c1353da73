/** A ring as its budget sees it. */
export type BudgetedRing = {
  /** What it keeps, in bytes. */
  readonly bytes: number;
  /** Drops its oldest, so many bytes or a little more. @returns how many */
  release(bytes: number): number;
};

/** What the rings of a host keep together, in bytes. */
const hostBytes = 64 * 1024 * 1024;
/** So much of a ring goes at once: looking for the largest is dearer than dropping an item. */
const releasedPart = 1 / 8;

/** Bounds what all rings of a host keep together. The largest gives way first: who floods pays, the others keep their tails. */
export class RingBudget {
  readonly #most: number;
  readonly #rings = new Set<BudgetedRing>();
  #bytes = 0;

  constructor(most: number = hostBytes) {
    this.#most = most;
  }

  join(ring: BudgetedRing): void {
    this.#rings.add(ring);
    this.change(ring.bytes);
  }

  /** A ring counts no longer. Idempotent. */
  leave(ring: BudgetedRing): void {
    if (this.#rings.delete(ring)) this.#bytes -= ring.bytes;
  }

  /** A ring keeps so many bytes more, or fewer. */
  change(bytes: number): void {
    this.#bytes += bytes;
    while (this.#bytes > this.#most) {
      const largest = this.#largest();
      if (largest === undefined || largest.bytes === 0) return;
      this.#bytes -= largest.release(largest.bytes * releasedPart);
    }
  }

  #largest(): BudgetedRing | undefined {
    let largest: BudgetedRing | undefined;
    for (const ring of this.#rings) if (largest === undefined || ring.bytes > largest.bytes) largest = ring;
    return largest;
  }
}

import type { Instance } from "../../domain/instance.ts";
import { Waiters } from "./waiters.ts";

/** A change of one instance; `removed`: as it was last. */
export type Change = {
  readonly revision: number;
  readonly instance: Instance;
  readonly removed: boolean;
  /** As it was before; undefined when it is new. */
  readonly previous: Instance | undefined;
};

/**
 * The changes of all instances in their order, the newest few thousand kept.
 *
 * A reader holds nothing but the revision that it has read up to, so that a slow reader costs nothing and is told when it
 * was too slow.
 */
export class ChangeFeed {
  readonly #capacity: number;
  #changes: Change[] = [];
  readonly #waiters = new Waiters();
  #revision: number;
  /** Everything after this revision is kept. */
  #floor: number;

  constructor(revision: number, capacity = 4096) {
    this.#revision = revision;
    this.#floor = revision;
    this.#capacity = capacity;
  }

  /** The revision of the newest change. */
  get revision(): number {
    return this.#revision;
  }

  /** The revision that the next change gets. */
  next(): number {
    return this.#revision + 1;
  }

  append(change: Change): void {
    this.#revision = change.revision;
    this.#changes.push(change);
    if (this.#changes.length > 2 * this.#capacity) {
      this.#changes = this.#changes.slice(-this.#capacity);
      this.#floor = (this.#changes[0] as Change).revision - 1;
    }
    this.#waiters.wake();
  }

  /** The changes after a revision, oldest first; undefined when some of them are forgotten. */
  after(revision: number): readonly Change[] | undefined {
    if (revision < this.#floor || revision > this.#revision) return undefined;
    let first = this.#changes.length;
    while (first > 0 && (this.#changes[first - 1] as Change).revision > revision) first -= 1;
    return this.#changes.slice(first);
  }

  /**
   * Resolves with the next change, at once when there is one after `revision`; or when `signal` aborts or the time is over.
   */
  async changed(revision: number, signal: AbortSignal, timeoutMs?: number): Promise<void> {
    if (this.#revision <= revision) await this.#waiters.wait(signal, timeoutMs);
  }
}

import { setTimeout as sleep } from "node:timers/promises";
import { limited } from "../limited.ts";

/** How many are removed side by side. */
const removersAtOnce = 8;

/** How long the driver's opening waits for removals: most end in time, and then their ports are free for what starts next. */
const openingPatienceMs = 5000;

/**
 * Removes what was left under names that the host has no records of. One that is stuck keeps neither the driver from
 * opening nor the others from being removed, but a later instance of its name waits for it: it must find nothing of the
 * old one, and its units must not be stopped as the old one's. Failures are logged.
 */
export class StrangerRemoval {
  readonly #remove: (name: string) => Promise<void>;
  readonly #log: (message: string) => void;
  /** What is not removed yet; begins it, or joins it. */
  readonly #left = new Map<string, () => Promise<void>>();
  #closed = false;

  constructor(remove: (name: string) => Promise<void>, log: (message: string) => void) {
    this.#remove = remove;
    this.#log = log;
  }

  /** Begins to remove; resolves when all is gone, or when its patience is over. */
  async begin(names: readonly string[], patienceMs: number = openingPatienceMs): Promise<void> {
    for (const name of names) {
      let removal: Promise<void> | undefined;
      this.#left.set(name, () => (removal ??= this.#try(name)));
    }
    const inTurn = limited(removersAtOnce);
    const remove = async (name: string) => {
      if (!this.#closed) await this.gone(name);
    };
    const patience = new AbortController();
    const isOver = sleep(patienceMs, true, { signal: patience.signal }).catch(() => false);
    const all = Promise.all(names.map((name) => inTurn(() => remove(name)))).finally(() => patience.abort());
    await Promise.race([all, isOver]);
    if (this.#left.size > 0) this.#log(`goes on meanwhile, still removing ${[...this.#left.keys()].join(", ")}`);
  }

  /** Resolves when nothing is left under a name, or when that could not be removed; begins it out of turn. Never rejects. */
  async gone(name: string): Promise<void> {
    await this.#left.get(name)?.();
  }

  /** Begins no more. What is under way is PID 1's; its end is nobody's business here any more. */
  close(): void {
    this.#closed = true;
  }

  async #try(name: string): Promise<void> {
    this.#log(`${name}: removing what an instance that is no longer known left`);
    try {
      await this.#remove(name);
    } catch (error) {
      if (!this.#closed) this.#log(`${name}: could not be removed and is left as it is: ${error}`);
    } finally {
      this.#left.delete(name);
    }
  }
}

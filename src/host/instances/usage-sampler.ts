import { setImmediate as turn } from "node:timers/promises";
import type { ResourceUsage } from "../../domain/runtime-status.ts";

/** How often everything that runs is sampled while somebody asks, in milliseconds. */
const roundMs = 1000;

/** For how long nobody has to ask until the rounds end, in milliseconds. */
const idleMs = 10_000;

/** How old a sample may be that a question is answered with, in milliseconds: a round late is still an answer. */
const oldestMs = 3000;

/** How many instances are read in one turn of the event loop: some 50 µs each. */
const readsATurn = 8;

type Sample = { readonly time: number; readonly usage: ResourceUsage };

/**
 * What the games use, sampled once for all who ask: answers come from memory. Nothing is sampled while nobody asks.
 */
export class UsageSampler {
  readonly #read: (name: string) => ResourceUsage | undefined;
  readonly #running: () => Iterable<string>;
  readonly #now: () => number;
  readonly #samples = new Map<string, Sample>();
  #asked = 0;
  #closed = false;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param read what one game uses now; undefined when nothing runs. Does not wait
   * @param running the names of all games that run
   * @param now milliseconds that never go back; for tests
   */
  constructor(read: (name: string) => ResourceUsage | undefined, running: () => Iterable<string>, now = () => performance.now()) {
    this.#read = read;
    this.#running = running;
    this.#now = now;
  }

  /** The newest sample of a game that runs, at most three seconds old. */
  of(name: string): ResourceUsage | undefined {
    this.#asked = this.#now();
    this.#timer ??= setTimeout(() => void this.#round(), roundMs).unref();
    const known = this.#samples.get(name);
    if (known !== undefined && this.#asked - known.time < oldestMs) return known.usage;
    return this.#sample(name);
  }

  /** What is known of a game is of an earlier run of it. */
  forget(name: string): void {
    this.#samples.delete(name);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #round(): Promise<void> {
    const running = new Set(this.#running());
    for (const name of this.#samples.keys()) if (!running.has(name)) this.forget(name);
    let reads = 0;
    for (const name of running) {
      this.#sample(name);
      if (++reads % readsATurn === 0) await turn();
    }
    const goesOn = !this.#closed && this.#now() - this.#asked < idleMs;
    this.#timer = goesOn ? setTimeout(() => void this.#round(), roundMs).unref() : undefined;
  }

  #sample(name: string): ResourceUsage | undefined {
    const usage = this.#read(name);
    if (usage === undefined)
      this.forget(name); // of a game that begins there is none yet
    else this.#samples.set(name, { time: this.#now(), usage });
    return usage;
  }
}

import type { JournalPoint } from "./journal-point.ts";

/** Milliseconds between two looks. */
const intervalMs = 5;

/**
 * Wakes the follower's journalctl soon after journald took an entry, as long as somebody waits for one. Nothing depends
 * on it but speed.
 */
export class Waker {
  readonly #current: () => JournalPoint | undefined;
  readonly #touch: () => void;
  #holders = 0;
  #timer: NodeJS.Timeout | undefined;
  #woken = -1;

  /** @param current how far the journal is, if that can be known */
  constructor(current: () => JournalPoint | undefined, touch: () => void) {
    this.#current = current;
    this.#touch = touch;
  }

  /** Begins to look. @returns what ends it */
  hold(): () => void {
    this.#holders += 1;
    if (this.#holders === 1) this.#timer = setInterval(() => this.#look(), intervalMs).unref();
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#holders -= 1;
      if (this.#holders === 0) clearInterval(this.#timer);
    };
  }

  #look(): void {
    const sequence = this.#current()?.sequence ?? Number.NaN;
    if (sequence === this.#woken) return;
    this.#woken = sequence;
    try {
      this.#touch();
    } catch {
      // journalctl wakes by itself, later
    }
  }
}

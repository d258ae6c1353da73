import type { Random } from "../random.ts";

/**
 * How a follower reads. `steady`, `stalling` and `reconnecting` resume by themselves with the cursor of the last entry;
 * `helper` leaves that to the client's `followLogs`, and so does `late`, which comes when much has been printed already.
 */
export type FollowerKind = "steady" | "stalling" | "reconnecting" | "helper" | "late";

/** What a follower does behind an entry, instead of reading on. */
export type Act =
  | { readonly type: "stall"; readonly ms: number }
  /** Ends the stream, in the middle of a batch. */
  | { readonly type: "cancel" }
  /** Closes the socket under the stream. */
  | { readonly type: "disconnect" };

/** When a follower does what: so many entries lie between two acts, so that a seed repeats them. */
export class Habit {
  readonly #kind: FollowerKind;
  readonly #lines: number;
  readonly #longestStallMs: number;
  readonly #random: Random;
  #entriesLeft: number;

  /** @param lines how many lines its instance prints */
  constructor(kind: FollowerKind, lines: number, longestStallMs: number, random: Random) {
    this.#kind = kind;
    this.#lines = lines;
    this.#longestStallMs = longestStallMs;
    this.#random = random;
    this.#entriesLeft = this.#interval();
  }

  /** What to do behind the entry that was read just now; undefined: to read on. */
  afterEntry(): Act | undefined {
    this.#entriesLeft -= 1;
    if (this.#entriesLeft > 0) return undefined;
    this.#entriesLeft = this.#interval();
    if (this.#kind === "stalling") return { type: "stall", ms: this.#random.between(1000, this.#longestStallMs) };
    return { type: this.#random.pick(["cancel", "disconnect"] as const) };
  }

  #interval(): number {
    if (this.#kind === "stalling") return this.#random.between(1, Math.ceil(this.#lines / 3));
    return this.#kind === "reconnecting" ? this.#random.between(1, Math.ceil(this.#lines / 8)) : Number.POSITIVE_INFINITY;
  }
}

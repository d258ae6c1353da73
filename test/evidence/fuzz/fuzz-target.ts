/** Something that takes bytes from strangers, and what must hold for all of them. */
export type FuzzTarget = {
  /** What must hold for every input, in a line. */
  readonly property: string;
  /** Inputs are at most so long, in bytes. */
  readonly largestBytes: number;
  /** The modules whose blocks guide the search: parts of their paths. */
  readonly covers: readonly string[];
  /** Where the search begins; at least one of them is taken. */
  readonly seeds: readonly (string | Uint8Array)[];
  /** What mutations put in: key words, magic numbers, hostile names. */
  readonly words: readonly (string | Uint8Array)[];
  /**
   * Gives the input to what is tested. Whatever it throws is a fault.
   *
   * @param scratch a directory of this target alone, the same for all inputs
   * @returns whether the input was taken, or refused in the way that is promised
   */
  check(input: Buffer, scratch: string): Verdict | Promise<Verdict>;
};

export type Verdict = "taken" | "refused";

/** A fault that is worse than a wrong answer: something outside the target's directory was touched. */
export class EscapeError extends Error {
  override readonly name = "EscapeError";
}

import type { Warning } from "../../domain/instance.ts";
import type { TreeEntry } from "../files/walk-tree.ts";

/** Looks at the entries of one overlay, one by one, and tells what is wrong with them in the end. */
export type Finding = {
  see(entry: TreeEntry): void;
  warnings(): Warning[];
};

/** The overlay that a finding is about. */
export type LookedAt = {
  readonly ref: string;
  /** Where the specification names it, e.g. `spec.overlays[0]`. */
  readonly field: string;
};

const mostExamples = 3;
/** In characters; of a longer path the end tells more. */
const longestExample = 300;

/** Counts paths and keeps the first few. */
export class Examples {
  readonly #paths: string[] = [];
  #count = 0;

  add(path: string): void {
    this.#count += 1;
    if (this.#paths.length < mostExamples) this.#paths.push(path.length > longestExample ? `…${path.slice(-longestExample)}` : path);
  }

  get count(): number {
    return this.#count;
  }

  /** `a, b, c and 7 more`. */
  toString(): string {
    const more = this.#count - this.#paths.length;
    return `${this.#paths.join(", ")}${more === 0 ? "" : ` and ${more} more`}`;
  }
}

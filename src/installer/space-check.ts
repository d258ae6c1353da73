import { freeBytes } from "./free-space.ts";
import type { Progress } from "./read-line.ts";

/** States in which SteamCMD takes up new room: it preallocates (0x10) or downloads (0x20, 0x40). */
const takesRoom = 0x70;

/**
 * Holds what SteamCMD announces against what is free, once a run: at the first announcement. Later ones say nothing, because what is
 * preallocated is no longer free and not yet done.
 */
export class SpaceCheck {
  readonly #directory: string;
  #isDone = false;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The bytes that are needed, when that is more than what is free; else undefined. */
  missing(state: number, { doneBytes, totalBytes }: Progress): number | undefined {
    if (this.#isDone || (state & takesRoom) === 0 || totalBytes === undefined) return undefined;
    this.#isDone = true;
    const needed = totalBytes - (doneBytes ?? 0);
    return needed > freeBytes(this.#directory) ? needed : undefined;
  }
}

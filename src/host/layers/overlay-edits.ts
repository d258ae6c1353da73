import { errorCode } from "../files/disk-full.ts";
import { walkTree } from "../files/walk-tree.ts";
import { orAborted } from "../or-aborted.ts";

/** How long an answer is good for, in milliseconds; a page that lists overlays may ask every second. */
const freshMs = 3000;
const mostEntries = 200_000;

/** When overlays that were put there by hand were last changed. Looks at each at most once in a few seconds. */
export class OverlayEdits {
  readonly #closing: AbortSignal;
  readonly #known = new Map<string, { readonly time: Promise<number>; staleAt: number }>();

  /** @param closing ends walks that nobody will wait for any more */
  constructor(closing: AbortSignal) {
    this.#closing = closing;
  }

  /** The newest ctime in a tree, in milliseconds since 1970; 0 when there is none. Callers share one walk. */
  async newest(directory: string, signal: AbortSignal): Promise<number> {
    const now = performance.now();
    for (const [path, { staleAt }] of this.#known) if (staleAt <= now) this.#known.delete(path);
    const known = this.#known.get(directory) ?? this.#look(directory);
    return await orAborted(known.time, signal);
  }

  #look(directory: string) {
    const time = this.#walk(directory);
    const look = { time, staleAt: Number.POSITIVE_INFINITY };
    this.#known.set(directory, look);
    const age = () => {
      look.staleAt = performance.now() + freshMs;
    };
    time.then(age, age);
    return look;
  }

  async #walk(directory: string): Promise<number> {
    let newest = 0;
    await walkTree(directory, { budget: { left: mostEntries }, signal: this.#closing }, ({ changeTime }) => {
      newest = Math.max(newest, changeTime);
    }).catch((error: unknown) => {
      if (errorCode(error) === undefined) throw error; // the tree is somebody else's: what fails in it fails nobody's list
    });
    return newest;
  }
}

import { errorCode } from "../files/disk-full.ts";
import { walkTree } from "../files/walk-tree.ts";
import { orAborted } from "../or-aborted.ts";

/** How long an answer is good for, in milliseconds; a page that lists overlays may ask every second. */
const freshMs = 3000;
const mostEntries = 200_000;

/** The sum of the files' sizes, and their number. */
type Count = { readonly sizeBytes: number; readonly files: number };

/** What an overlay holds that was put there by hand. */
export type HandPlacedContent = {
  /** The newest ctime in it, in milliseconds since 1970; 0 when there is none. */
  readonly newest: number;
  /** Undefined when not all of it could be seen. */
  readonly count?: Count;
};

/** Looks at overlays that were put there by hand, at each at most once in a few seconds. */
export class HandPlacedOverlays {
  readonly #closing: AbortSignal;
  readonly #known = new Map<string, { readonly content: Promise<HandPlacedContent>; staleAt: number }>();
  /** What the last walks counted, however long ago. */
  readonly #counts = new Map<string, Count>();
  #counting: Promise<void> | undefined;

  /** @param closing ends walks that nobody will wait for any more */
  constructor(closing: AbortSignal) {
    this.#closing = closing;
  }

  /** What an overlay holds now. Callers share one walk, which goes on when they leave. @throws the reason of `signal` */
  async look(directory: string, signal: AbortSignal): Promise<HandPlacedContent> {
    const now = performance.now();
    for (const [path, { staleAt }] of this.#known) if (staleAt <= now) this.#known.delete(path);
    const known = this.#known.get(directory) ?? this.#begin(directory);
    return await orAborted(known.content, signal);
  }

  /**
   * What was last counted in overlays, by their directories; one that could not be counted, or not yet, is not there. Counts anew, one
   * after the other, and goes on with that when the caller has waited for long enough.
   *
   * @throws the reason of `signal`
   */
  async counts(directories: readonly string[], signal: AbortSignal, patienceMs: number): Promise<ReadonlyMap<string, Count>> {
    this.#counting ??= this.#count(directories).finally(() => {
      this.#counting = undefined;
    });
    const patience = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
    await orAborted(this.#counting, patience).catch(() => signal.throwIfAborted());
    return this.#counts;
  }

  /** Never rejects. */
  async #count(directories: readonly string[]): Promise<void> {
    for (const directory of this.#counts.keys()) if (!directories.includes(directory)) this.#counts.delete(directory);
    for (const directory of directories) await this.look(directory, this.#closing).catch(() => {});
  }

  #begin(directory: string) {
    const content = this.#walk(directory);
    const look = { content, staleAt: Number.POSITIVE_INFINITY };
    this.#known.set(directory, look);
    const age = () => {
      look.staleAt = performance.now() + freshMs;
    };
    content.then(age, age);
    return look;
  }

  async #walk(directory: string): Promise<HandPlacedContent> {
    let [newest, sizeBytes, files] = [0, 0, 0];
    const end = await walkTree(directory, { budget: { left: mostEntries }, signal: this.#closing }, (entry) => {
      newest = Math.max(newest, entry.changeTime);
      if (entry.type !== "file") return;
      sizeBytes += entry.sizeBytes;
      files += 1;
    }).catch((error: unknown) => {
      if (errorCode(error) === undefined) throw error; // the tree is somebody else's: what fails in it fails nobody's list
      return "refused" as const;
    });
    const count = { sizeBytes, files };
    if (end === "complete") this.#counts.set(directory, count);
    else this.#counts.delete(directory);
    return end === "complete" ? { newest, count } : { newest };
  }
}

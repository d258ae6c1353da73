import { dirname, join } from "node:path";
import { type EntryType, entryTypeAt } from "../files/walk-tree.ts";

/** A directory of one layer: it is there, it is not, or something stands there that hides the layers below. */
type DirectoryState = "there" | "missing" | "blocked";

/**
 * Looks paths up in a build, which is never walked: it has a hundred thousand files. Nothing is followed; builds are the
 * host's own and do not change.
 */
export class BuildFiles {
  readonly #layers: readonly string[];
  readonly #directories = new Map<string, Promise<DirectoryState>>();

  /** @param layers absolute, the top first */
  constructor(layers: readonly string[]) {
    this.#layers = layers;
  }

  /** What the build shows at a path; undefined when nothing. */
  async find(path: string): Promise<EntryType | undefined> {
    for (const layer of this.#layers) {
      const parent = await this.#directory(layer, dirname(path));
      if (parent === "blocked") return undefined;
      const found = parent === "there" ? await entryTypeAt(join(layer, path)) : undefined;
      if (found !== undefined) return found === "whiteout" ? undefined : found;
    }
    return undefined;
  }

  #directory(layer: string, path: string): Promise<DirectoryState> {
    if (path === ".") return Promise.resolve("there");
    const key = join(layer, path);
    const known = this.#directories.get(key) ?? this.#look(layer, path);
    this.#directories.set(key, known);
    return known;
  }

  async #look(layer: string, path: string): Promise<DirectoryState> {
    const parent = await this.#directory(layer, dirname(path));
    if (parent !== "there") return parent;
    const found = await entryTypeAt(join(layer, path));
    return found === undefined ? "missing" : found === "directory" ? "there" : "blocked";
  }
}

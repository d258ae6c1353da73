import { dirname } from "node:path";
import type { EntryType } from "../files/walk-tree.ts";

/** What the game sees at a path of its stack. */
export type MergedFile = {
  readonly path: string;
  readonly type: EntryType;
  /** The layer that it comes from, counted from 0 at the top. */
  readonly layer: number;
  readonly sizeBytes: number;
  /** The layers that have the path too and are hidden by it, from top to bottom. */
  readonly hides: readonly number[];
};

type Merged = Omit<MergedFile, "hides"> & { hides: readonly number[]; isClosed: boolean };

/** Of almost all files, of which there are many: one for all of them. */
const nothing: readonly number[] = [];

/**
 * The layers of a stack as overlayfs merges them, fed from the top down: files hide what is below, directories merge, and
 * whiteouts hide without showing anything. (Directories that overlayfs marks as opaque by an extended attribute are merged
 * all the same: archives have none, and such attributes cannot be read here.)
 */
export class MergedFiles {
  readonly #files = new Map<string, Merged>();
  /** Directories that are hidden, with all that is in them, from the layer on where they were found to be. */
  readonly #hidden = new Set<string>();

  /** Adds an entry of a layer: layers from top to bottom, of each a directory before what is in it. */
  add(layer: number, { path, type, sizeBytes }: Pick<MergedFile, "path" | "type" | "sizeBytes">): void {
    const isVisible = this.#addVisible(layer, { path, type, sizeBytes });
    if (!isVisible && type === "directory") this.#hidden.add(path);
  }

  /** Notes that a layer below all others has the path too. */
  hide(file: MergedFile, layer: number): void {
    const merged = this.#files.get(file.path);
    if (merged !== undefined && merged.layer !== layer && !merged.hides.includes(layer)) merged.hides = [...merged.hides, layer];
  }

  /** Whether layers below can have anything to do with the path: no whiteout or file on the way hides it from them. */
  isOpenBelow(path: string): boolean {
    for (let at = path; at !== "."; at = dirname(at)) {
      const merged = this.#files.get(at);
      if (merged?.isClosed === true || (at !== path && merged !== undefined && merged.type !== "directory")) return false;
    }
    return true;
  }

  /** What the layers that were added show at a path; a whiteout for what they hide. */
  at(path: string): MergedFile | undefined {
    return this.#files.get(path);
  }

  /** Everything but directories and whiteouts. */
  *files(): Generator<MergedFile> {
    for (const file of this.#files.values()) if (file.type !== "directory" && file.type !== "whiteout") yield file;
  }

  #addVisible(layer: number, entry: Pick<MergedFile, "path" | "type" | "sizeBytes">): boolean {
    const { path, type } = entry;
    const parent = dirname(path);
    if (this.#hidden.has(parent) || !this.#isDirectory(parent)) return false;
    const above = this.#files.get(path);
    if (above === undefined) {
      this.#files.set(path, { ...entry, layer, hides: nothing, isClosed: type === "whiteout" });
      return true;
    }
    if (above.isClosed) return false;
    if (above.type === "directory") {
      if (type !== "directory") above.isClosed = true; // overlayfs looks no further
      return type === "directory";
    }
    if (type === "whiteout") above.isClosed = true;
    else this.hide(above, layer);
    return false;
  }

  #isDirectory(path: string): boolean {
    return path === "." || (this.#files.get(path)?.type ?? "directory") === "directory";
  }
}

import { lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from "node:fs";
import { join } from "node:path";
import { pathsBelow, removeAll, sizeOf, type WrittenEntry, type WrittenTree } from "./written-tree.ts";

/** What a fake game finds at a path. */
type Seen =
  | { readonly type: "directory"; readonly mode: number; readonly sources: readonly string[] }
  | { readonly type: "file"; readonly mode: number; readonly size: number; readonly read: () => Buffer }
  | { readonly type: "symlink"; readonly mode: number; readonly size: number; readonly target: string };

type Directory = { readonly path: string; readonly seen: Extract<Seen, { type: "directory" }> };
type Place = { readonly parent: Directory; readonly path: string; readonly name: string; readonly seen: Seen | undefined };

/** Links that lead on, on one way; then it is a circle (path_resolution(7)). */
const mostLinks = 40;

/** An error as the file system has it. */
export class FileError extends Error {
  override readonly name = "FileError";
  /** e.g. `ENOENT`. */
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}

/**
 * The game directory of a fake game: the layers on the disk, which are only read, below what the game wrote, which is kept in
 * memory. It answers as an overlay mount does, permissions aside. Paths are relative; no way leads out of it.
 */
export class MergedTree {
  readonly #layers: readonly string[];
  readonly #written: WrittenTree;

  /** @param layers absolute, top first @param written what is above them; changed by what is written */
  constructor(layers: readonly string[], written: WrittenTree) {
    this.#layers = layers;
    this.#written = written;
  }

  /** @throws FileError */
  read(path: string): Buffer {
    const { seen } = this.#find(path, true);
    if (seen?.type === "directory") throw new FileError("EISDIR");
    if (seen?.type !== "file") throw new FileError("ENOENT");
    return seen.read();
  }

  /** The names of a directory, sorted. @throws FileError */
  list(path: string): string[] {
    const place = this.#find(path, true);
    if (place.seen === undefined) throw new FileError("ENOENT");
    if (place.seen.type !== "directory") throw new FileError("ENOTDIR");
    const prefix = place.path === "" ? "" : `${place.path}/`;
    const own = [...this.#written.keys()].filter((key) => key.startsWith(prefix) && !key.slice(prefix.length).includes("/"));
    const names = new Set([...own.map((key) => key.slice(prefix.length)), ...place.seen.sources.flatMap((source) => readdirSync(source))]);
    const directory = { path: place.path, seen: place.seen };
    return [...names].filter((name) => this.#child(directory, name) !== undefined).sort();
  }

  /** What lies at a path itself; a link is not followed. @throws FileError */
  stat(path: string): { readonly type: Seen["type"]; readonly mode: number; readonly size: number } {
    const { seen } = this.#find(path, false);
    if (seen === undefined) throw new FileError("ENOENT");
    return { type: seen.type, mode: seen.mode, size: seen.type === "directory" ? 0 : seen.size };
  }

  /** @throws FileError */
  write(path: string, content: Buffer, how: "replace" | "append" = "replace"): void {
    const { seen, parent, path: own } = this.#find(path, true);
    if (seen?.type === "directory") throw new FileError("EISDIR");
    const before = how === "append" && seen?.type === "file" ? seen.read() : Buffer.alloc(0);
    this.#copyUp(parent);
    this.#written.set(own, { type: "file", content: Buffer.concat([before, content]), mode: seen?.mode ?? 0o644, time: new Date() });
  }

  /** Removes a file, or a directory with all that is in it. @throws FileError */
  remove(path: string): void {
    const place = this.#find(path, false);
    if (place.seen === undefined) throw new FileError("ENOENT");
    if (place.path === "") throw new FileError("EBUSY");
    this.#takeAway(place);
  }

  /** @throws FileError EXDEV for a directory that has a part in the layers, as overlayfs answers */
  move(from: string, to: string): void {
    const source = this.#find(from, false);
    const target = this.#find(to, false);
    if (source.seen === undefined) throw new FileError("ENOENT");
    if (source.seen.type === "directory") return this.#moveDirectory(source, target);
    if (target.seen?.type === "directory") throw new FileError("EISDIR");
    const entry = ownCopy(source.seen);
    this.#takeAway(source);
    this.#copyUp(target.parent);
    this.#written.set(target.path, entry);
  }

  /** Makes a directory, with those above it that are missing. @throws FileError */
  makeDirectory(path: string): void {
    const steps = stepsOf(path);
    for (const [index] of steps.entries()) {
      const { seen, path: own, parent } = this.#find(steps.slice(0, index + 1).join("/"), true);
      if (seen?.type === "directory") continue;
      if (seen !== undefined) throw new FileError(index === steps.length - 1 ? "EEXIST" : "ENOTDIR");
      this.#copyUp(parent);
      this.#written.set(own, { type: "directory", mode: 0o755, opaque: this.#written.get(own)?.type === "whiteout" });
    }
  }

  #moveDirectory(source: Place, target: Place): void {
    if (source.seen?.type !== "directory" || source.seen.sources.length > 0) throw new FileError("EXDEV");
    if (target.seen !== undefined) throw new FileError(target.seen.type === "directory" ? "ENOTEMPTY" : "ENOTDIR");
    const moved = [source.path, ...pathsBelow(this.#written, source.path)].map((path) => [path, this.#written.get(path)] as const);
    this.#takeAway(source);
    this.#copyUp(target.parent);
    for (const [path, entry] of moved) if (entry !== undefined) this.#written.set(`${target.path}${path.slice(source.path.length)}`, entry);
  }

  /** A whiteout stays where a layer would show through. */
  #takeAway({ parent, path, name }: Place): void {
    removeAll(this.#written, path);
    if (lookUp(parent.seen.sources, name) === undefined) return;
    this.#copyUp(parent);
    this.#written.set(path, { type: "whiteout" });
  }

  /** A directory in which something is written has a copy above the layers. */
  #copyUp({ path, seen }: Directory): void {
    if (path === "" || this.#written.has(path)) return;
    this.#copyUp(this.#find(path.split("/").slice(0, -1).join("/"), false) as Directory);
    this.#written.set(path, { type: "directory", mode: seen.mode, opaque: false });
  }

  /** Walks a path; its last step need not be there. @throws FileError */
  #find(path: string, follows: boolean): Place {
    if (path.startsWith("/")) throw new FileError("ENOENT");
    const root: Directory = { path: "", seen: { type: "directory", mode: 0o755, sources: this.#layers } };
    const way = [root];
    const steps = stepsOf(path);
    let links = 0;
    for (let name = steps.shift(); name !== undefined; name = steps.shift()) {
      const parent = way.at(-1) ?? root;
      if (name === "..") {
        if (way.length > 1) way.pop();
        continue;
      }
      const seen = this.#child(parent, name);
      const own = parent.path === "" ? name : `${parent.path}/${name}`;
      if (seen?.type === "symlink" && (follows || steps.length > 0)) {
        links += 1;
        if (links > mostLinks) throw new FileError("ELOOP");
        if (seen.target.startsWith("/")) throw new FileError("ENOENT");
        steps.unshift(...stepsOf(seen.target));
        continue;
      }
      if (steps.length === 0) return { parent, path: own, name, seen };
      if (seen === undefined) throw new FileError("ENOENT");
      if (seen.type !== "directory") throw new FileError("ENOTDIR");
      way.push({ path: own, seen });
    }
    const { path: own, seen } = way.at(-1) ?? root;
    return { parent: way.at(-2) ?? root, path: own, name: own.split("/").at(-1) ?? "", seen };
  }

  #child({ path, seen }: Directory, name: string): Seen | undefined {
    const own = this.#written.get(path === "" ? name : `${path}/${name}`);
    if (own?.type === "whiteout") return undefined;
    if (own?.type === "file") return { type: "file", mode: own.mode, size: sizeOf(own), read: () => own.content };
    if (own?.type === "symlink") return { type: "symlink", mode: 0o777, size: sizeOf(own), target: own.target };
    const below = lookUp(seen.sources, name);
    if (own === undefined) return below === "whiteout" ? undefined : below;
    const sources = typeof below === "object" && below.type === "directory" && !own.opaque ? below.sources : [];
    return { type: "directory", mode: own.mode, sources };
  }
}

function stepsOf(path: string): string[] {
  return path.split("/").filter((step) => step !== "" && step !== ".");
}

function ownCopy(seen: Exclude<Seen, { type: "directory" }>): WrittenEntry {
  const time = new Date();
  if (seen.type === "symlink") return { type: "symlink", target: seen.target, time };
  return { type: "file", content: seen.read(), mode: seen.mode, time };
}

/** What a name is in the layers: the topmost counts, directories merge down to the first that is none. */
function lookUp(sources: readonly string[], name: string): Seen | "whiteout" | undefined {
  const merged: { path: string; mode: number }[] = [];
  for (const source of sources) {
    const path = join(source, name);
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found === undefined) continue;
    if (found.isDirectory()) merged.push({ path, mode: found.mode & 0o7777 });
    else if (merged.length > 0) break;
    else return leafOf(path, found);
  }
  const [top] = merged;
  return top === undefined ? undefined : { type: "directory", mode: top.mode, sources: merged.map(({ path }) => path) };
}

function leafOf(path: string, found: Stats): Seen | "whiteout" {
  if (found.isCharacterDevice()) return "whiteout";
  const mode = found.mode & 0o7777;
  if (found.isSymbolicLink()) return { type: "symlink", mode, size: found.size, target: readlinkSync(path) };
  return { type: "file", mode, size: found.size, read: () => readFileSync(path) };
}

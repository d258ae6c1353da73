import { dirname } from "node:path";
import { asBytes, matchesAny, normalizeGlobs } from "../../domain/preserve-glob.ts";
import { type WrittenFile, type WrittenFiles, writtenFilesOf } from "../../domain/written-files.ts";

/** One entry of what a fake game wrote; never changed, only replaced. */
export type WrittenEntry =
  | { readonly type: "file"; readonly content: Buffer; readonly mode: number; readonly time: Date }
  /** `opaque`: nothing of the layers shows through. */
  | { readonly type: "directory"; readonly mode: number; readonly opaque: boolean }
  | { readonly type: "symlink"; readonly target: string; readonly time: Date }
  | { readonly type: "whiteout" };

/** What a fake game wrote since its last reset, by path: the upper directory of its overlay, in memory. */
export type WrittenTree = Map<string, WrittenEntry>;

/** The entries below a directory. */
export function pathsBelow(tree: WrittenTree, directory: string): string[] {
  return [...tree.keys()].filter((path) => path.startsWith(`${directory}/`));
}

/** The contract's WrittenFiles. */
export function writtenFiles(tree: WrittenTree): WrittenFiles {
  const files = [...tree].flatMap(([path, entry]) => (entry.type === "directory" ? [] : [writtenFile(path, entry)]));
  return writtenFilesOf(files, false);
}

function writtenFile(path: string, entry: Exclude<WrittenEntry, { type: "directory" }>): WrittenFile {
  if (entry.type === "whiteout") return { path, deleted: true, sizeBytes: 0 };
  return { path, deleted: false, sizeBytes: sizeOf(entry), changeTime: entry.time };
}

/** Bytes of a file; what a link holds. */
export function sizeOf(entry: Extract<WrittenEntry, { type: "file" | "symlink" }>): number {
  return entry.type === "file" ? entry.content.length : Buffer.byteLength(entry.target);
}

/** What the tree would take on a disk, in bytes. */
export function diskBytesOf(tree: WrittenTree): number {
  const sizes = [...tree.values()].map((entry) => (entry.type === "file" ? entry.content.length : 0));
  return sizes.reduce((sum, size) => sum + Math.ceil(size / blockBytes) * blockBytes, blockBytes);
}

const blockBytes = 4096;

/** The regular files that the patterns name, with their directories, as a reset keeps them. */
export function preserved(tree: WrittenTree, patterns: readonly string[]): WrittenTree {
  const globs = normalizeGlobs(patterns).map(asBytes);
  const kept: WrittenTree = new Map();
  for (const [path, entry] of tree) {
    if (entry.type !== "file" || !matchesAny(globs, asBytes(path))) continue;
    for (let parent = dirname(path); parent !== "."; parent = dirname(parent))
      kept.set(parent, { type: "directory", mode: modeOf(tree.get(parent)), opaque: false });
    kept.set(path, entry);
  }
  return kept;
}

function modeOf(entry: WrittenEntry | undefined): number {
  return entry?.type === "directory" ? entry.mode : 0o755;
}

/** Takes away what would hide files that the host generates. @param managed relative to the game directory */
export function uncover(tree: WrittenTree, managed: readonly string[]): void {
  for (const path of managed) {
    removeAll(tree, path);
    for (let parent = dirname(path); parent !== "."; parent = dirname(parent)) {
      const entry = tree.get(parent);
      if (entry?.type === "directory") tree.set(parent, { ...entry, opaque: false });
      else removeAll(tree, parent);
    }
  }
}

/** Removes an entry with what is below it. */
export function removeAll(tree: WrittenTree, path: string): void {
  for (const below of pathsBelow(tree, path)) tree.delete(below);
  tree.delete(path);
}

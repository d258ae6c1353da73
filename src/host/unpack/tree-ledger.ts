import { createHash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type ArchiveLimits, uploadTooLarge } from "./archive-limits.ts";

/** What a tree amounts to. */
export type TreeSummary = {
  /** Regular files. */
  readonly files: number;
  /** The sum of their sizes. */
  readonly sizeBytes: number;
  /** SHA-256 over names, types, executable bits and contents, as 64 lower-case hexadecimal digits. */
  readonly digest: string;
};

/** A regular file of a tree. */
export type TreeFile = {
  readonly executable: boolean;
  readonly sizeBytes: number;
  /** Of its content, lower-case hexadecimal. */
  readonly sha256: string;
};

/** What an archive has put at a path. */
export type TreeEntryType = "directory" | "symlink" | "file" | "whiteout";

/**
 * What a tree holds, entry by entry, in whatever order it becomes known.
 *
 * Each entry is kept as one short string: two million of them must fit into memory.
 */
export class TreeLedger {
  readonly #entries = new Map<string, string>();
  readonly #limits: ArchiveLimits;
  #reserved = 0;
  #characters = 0;
  #files = 0;
  #sizeBytes = 0;

  constructor(limits: ArchiveLimits) {
    this.#limits = limits;
  }

  /**
   * Counts bytes that are about to be written. Never given back: what is written over and over also costs.
   *
   * @throws HostError UPLOAD_TOO_LARGE
   */
  reserve(bytes: number): void {
    this.#reserved += bytes;
    if (this.#reserved > this.#limits.bytes) throw uploadTooLarge("bytes", this.#limits.bytes);
  }

  typeOf(path: string): TreeEntryType | undefined {
    return typeOfLine(this.#entries.get(path));
  }

  addDirectory(path: string): void {
    this.#set(path, "d");
  }

  addSymlink(path: string, target: string): void {
    this.#set(path, `l ${target}`);
  }

  /** A name of a layer that hides what lies below it. */
  addWhiteout(path: string): void {
    this.#set(path, "w");
  }

  addFile(path: string, file: TreeFile): void {
    this.#set(path, `${file.executable ? "x" : "f"} ${file.sizeBytes} ${file.sha256}`);
    this.#files += 1;
    this.#sizeBytes += file.sizeBytes;
  }

  /** Undefined when the path is not a regular file of the tree. */
  file(path: string): TreeFile | undefined {
    return fileOfLine(this.#entries.get(path));
  }

  /** Forgets a file or link, so that a later entry of the same name can take its place. */
  forget(path: string): void {
    const file = this.file(path);
    this.#characters -= path.length + (this.#entries.get(path)?.length ?? 0);
    this.#entries.delete(path);
    if (file === undefined) return;
    this.#files -= 1;
    this.#sizeBytes -= file.sizeBytes;
  }

  /** The same entries give the same digest, whatever the order in which they came. */
  async summary(): Promise<TreeSummary> {
    return { files: this.#files, sizeBytes: this.#sizeBytes, digest: await this.#digestOf([...this.#entries.keys()]) };
  }

  /** The digest of those of its files, links and whiteouts that are selected; undefined when there are none. */
  async digestOfLeaves(isSelected: (path: string) => boolean): Promise<string | undefined> {
    const leaves = [...this.#entries].filter(([path, line]) => typeOfLine(line) !== "directory" && isSelected(path));
    return leaves.length === 0 ? undefined : await this.#digestOf(leaves.map(([path]) => path));
  }

  async #digestOf(paths: string[]): Promise<string> {
    const hash = createHash("sha256").update("left4me-tree-1\0");
    paths.sort();
    for (let start = 0; start < paths.length; start += 1000) {
      hash.update(
        paths
          .slice(start, start + 1000)
          .map((path) => `${path}\0${this.#entries.get(path)}\0`)
          .join(""),
      );
      // A million entries take a second: others get their turn.
      await nextTurn();
    }
    return hash.digest("hex");
  }

  #set(path: string, line: string): void {
    this.#characters += path.length + line.length;
    this.#entries.set(path, line);
    if (this.#entries.size > this.#limits.entries) throw uploadTooLarge("entries", this.#limits.entries);
    if (this.#characters > this.#limits.nameCharacters) throw uploadTooLarge("nameCharacters", this.#limits.nameCharacters);
  }
}

function typeOfLine(line: string | undefined): TreeEntryType | undefined {
  if (line === undefined) return undefined;
  if (line === "d") return "directory";
  if (line === "w") return "whiteout";
  return line.startsWith("l ") ? "symlink" : "file";
}

function fileOfLine(line: string | undefined): TreeFile | undefined {
  if (line === undefined || typeOfLine(line) !== "file") return undefined;
  const [kind, size, sha256 = ""] = line.split(" ");
  return { executable: kind === "x", sizeBytes: Number(size), sha256 };
}

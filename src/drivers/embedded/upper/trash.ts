import { randomUUID } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { hostLayout } from "../../../domain/host-layout.ts";
import type { EmbeddedSettings } from "../embedded-options.ts";
import { allowSearch } from "./managed-files.ts";
import { privileged } from "./tree-tools.ts";

const prefix = ".trash-";

/**
 * Directories that are to vanish: renamed aside at once, deleted in the background, swept after a kill at the next open.
 */
export class Trash {
  readonly #directory: string;
  readonly #settings: EmbeddedSettings;
  readonly #running = new Set<Promise<void>>();
  readonly #abort = new AbortController();

  constructor(settings: EmbeddedSettings) {
    this.#settings = settings;
    this.#directory = hostLayout(settings.root).runtime;
  }

  /** Discards directories; missing ones are skipped. Their names are free when it returns. */
  discard(paths: readonly string[]): void {
    const present = paths.filter((path) => lstatSync(path, { throwIfNoEntry: false }) !== undefined);
    if (present.length === 0) return;
    const bin = join(this.#directory, `${prefix}${randomUUID()}`);
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    mkdirSync(bin, { mode: 0o700 }); // not recursive: with it Node tells a file system that is read-only as ENOENT
    for (const [index, path] of present.entries()) {
      // Renaming a directory needs the right to write to it (its ".." changes), which its game may have taken.
      if (lstatSync(path).isDirectory()) allowSearch(path);
      renameSync(path, join(bin, String(index)));
    }
    this.#delete(bin);
  }

  /** Deletes what a daemon that was killed left. */
  sweep(): void {
    if (!existsSync(this.#directory)) return;
    for (const entry of readdirSync(this.#directory)) {
      if (entry.startsWith(prefix)) this.#delete(join(this.#directory, entry));
    }
  }

  /** Resolves when nothing is left to delete. */
  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }

  /** Interrupts what is under way (the next open goes on with it) and waits for its end. */
  async close(): Promise<void> {
    this.#abort.abort();
    await Promise.all(this.#running);
  }

  #delete(path: string): void {
    // rm(1) follows no link.
    const deleting = privileged(this.#settings, ["rm", "-rf", "--one-file-system", "--", path], { signal: this.#abort.signal })
      .then(() => {})
      .catch((error: unknown) => {
        if (!this.#abort.signal.aborted) this.#settings.log(`could not delete ${path}, will try at the next start: ${error}`);
      })
      .finally(() => this.#running.delete(deleting));
    this.#running.add(deleting);
  }
}

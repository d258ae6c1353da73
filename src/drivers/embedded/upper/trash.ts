import { randomUUID } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { hostLayout } from "../../../domain/host-layout.ts";
import { errorCode } from "../../../host/files/disk-full.ts";
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

  /**
   * Discards directories; missing ones are skipped. Their names are free when it returns. Makes nothing for which a full disk might
   * have no room.
   */
  discard(paths: readonly string[]): void {
    const aside: string[] = [];
    try {
      for (const path of paths) {
        const found = lstatSync(path, { throwIfNoEntry: false });
        if (found === undefined) continue;
        // Renaming a directory needs the right to write to it (its ".." changes), which its game may have taken.
        if (found.isDirectory()) allowSearch(path);
        const place = join(this.#directory, `${prefix}${randomUUID()}`);
        this.#rename(path, place);
        aside.push(place);
      }
    } finally {
      if (aside.length > 0) this.#delete(aside);
    }
  }

  #rename(path: string, place: string): void {
    try {
      renameSync(path, place);
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error;
      mkdirSync(this.#directory, { recursive: true, mode: 0o700 }); // somebody has removed it
      renameSync(path, place);
    }
  }

  /** Deletes what a daemon that was killed left. */
  sweep(): void {
    if (!existsSync(this.#directory)) return;
    const left = readdirSync(this.#directory).filter((entry) => entry.startsWith(prefix));
    if (left.length > 0) this.#delete(left.map((entry) => join(this.#directory, entry)));
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

  #delete(paths: readonly string[]): void {
    // rm(1) follows no link.
    const deleting = privileged(this.#settings, ["rm", "-rf", "--one-file-system", "--", ...paths], { signal: this.#abort.signal })
      .then(() => {})
      .catch((error: unknown) => {
        if (!this.#abort.signal.aborted) this.#settings.log(`could not delete ${paths.join(", ")}, will try at the next start: ${error}`);
      })
      .finally(() => this.#running.delete(deleting));
    this.#running.add(deleting);
  }
}

import { existsSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { namespaceDirectory } from "./namespace-directory.ts";

/**
 * A journal directory of our own that holds nothing but a link to the namespace's. journald tells readers of new entries
 * only every 250 ms; a journalctl that reads this directory also looks when {@link touch} changes something in it.
 */
export class WakeDirectory {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /** @returns undefined where we may not read the journal's directory, or there is none: then journalctl has to find it */
  static async make(): Promise<WakeDirectory | undefined> {
    try {
      const { machineId, path: target } = namespaceDirectory();
      if (!existsSync(target)) return undefined;
      const path = await mkdtemp(join(tmpdir(), "left4me-journal-"));
      symlinkSync(target, join(path, machineId));
      writeFileSync(join(path, "wake"), "");
      return new WakeDirectory(path);
    } catch {
      return undefined;
    }
  }

  /** journalctl's options to read here. */
  get options(): readonly string[] {
    return [`--directory=${this.#path}`];
  }

  /** Wakes who reads here. */
  touch(): void {
    const now = new Date();
    utimesSync(join(this.#path, "wake"), now, now);
  }

  remove(): void {
    rmSync(this.#path, { recursive: true, force: true });
  }
}

import { existsSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type NamespaceDirectory, namespaceDirectory } from "./namespace-directory.ts";

/**
 * A journal directory of our own that holds nothing but a link to the namespace's. journald tells readers of new entries
 * only every 250 ms; a journalctl that reads this directory also looks when {@link touch} changes something in it.
 */
export class WakeDirectory {
  readonly #path: string;
  readonly #journal: NamespaceDirectory;

  private constructor(path: string, journal: NamespaceDirectory) {
    this.#path = path;
    this.#journal = journal;
    this.#lay();
  }

  /**
   * @param parent the host's own directory for what lasts as long as a daemon: systemd-tmpfiles(8) would take the link from
   *   /tmp after days, and with it the journal from every reader
   * @returns undefined where we may not read the journal's directory, or there is none: then journalctl has to find it
   */
  static make(parent: string, find = namespaceDirectory): WakeDirectory | undefined {
    try {
      const journal = find();
      return existsSync(journal.path) ? new WakeDirectory(mkdtempSync(join(parent, "journal-")), journal) : undefined;
    } catch {
      return undefined;
    }
  }

  /** journalctl's options to read here; who removed it by hand finds it again. @throws the error of the file system */
  get options(): readonly string[] {
    this.#lay();
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

  #lay(): void {
    const { machineId, path: target } = this.#journal;
    const link = join(this.#path, machineId);
    if (lstatSync(link, { throwIfNoEntry: false }) !== undefined) return;
    mkdirSync(this.#path, { recursive: true, mode: 0o700 });
    symlinkSync(target, link);
    writeFileSync(join(this.#path, "wake"), "");
  }
}

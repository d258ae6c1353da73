import { closeSync, openSync, readSync } from "node:fs";
import type { JournalPoint } from "./journal-point.ts";

/** Where journald keeps the number that it gave last: the id of the numbering, then the number, little-endian. */
const sequenceFile = "/run/systemd/journal.left4me/seqnum";

/** How far the namespace's journal is. */
export class NamespaceSequence {
  readonly #path: string;
  readonly #bytes = Buffer.alloc(24);

  constructor(path: string = sequenceFile) {
    this.#path = path;
  }

  /** The last entry that journald took, as a point; undefined where that cannot be known. Takes microseconds. */
  current(): JournalPoint | undefined {
    let descriptor: number;
    try {
      descriptor = openSync(this.#path, "r");
    } catch {
      return undefined; // journald of the namespace has never run since the boot
    }
    try {
      if (readSync(descriptor, this.#bytes, 0, 24, 0) < 24) return undefined;
    } catch {
      return undefined;
    } finally {
      closeSync(descriptor);
    }
    const sequence = Number(this.#bytes.readBigUInt64LE(16));
    return sequence === 0 ? undefined : { sequenceId: this.#bytes.toString("hex", 0, 16), sequence, time: Date.now() * 1000 };
  }
}

import { closeSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";
import type { LogGapReason } from "../../../../domain/log-entry.ts";
import { type JournalCursor, momentCursor } from "./journal-point.ts";
import { namespaceDirectory } from "./namespace-directory.ts";

/** Entries behind a cursor that are gone, and where the journal goes on. */
export type Loss = { readonly reason: LogGapReason; readonly goesOnAt: JournalCursor };

/** Where a file begins; of one that is being written also how far it goes. */
type Head = { readonly sequenceId: string; readonly sequence: number; readonly time: number; readonly last?: number };

/** Of archived files the name tells where they begin: `system@<numbering>-<first entry>-<its time>.journal`. */
const archived = /^[^@]+@([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{16})\.journal$/;
/** What a power cut or a crash of journald left: `system@<time>-<random>.journal~`. journalctl reads it like the others. */
const fileName = /\.journal~?$/;
/** Every file begins so. */
const signature = "LPKSHHRH";
/** Offsets in a file's header. Source: https://systemd.io/JOURNAL_FILE_FORMAT/ */
const header = { bytes: 200, sequenceId: 72, lastSequence: 160, firstSequence: 168, firstTime: 184 };

/** journald archives a file every 64 MiB; what is read is a few. */
const mostTries = 10;

/**
 * The files of the namespace's journal: only they know whether the entry of an old cursor is still there. They are few, and
 * a look at them takes less than a millisecond.
 */
export class JournalFiles {
  readonly #directory: () => string;
  /** The first entries of files, complete up to a number; an entry that is asked about has been written before. */
  #known = { sequenceId: "", upTo: 0, first: new Set<number>() };

  constructor(directory = () => namespaceDirectory().path) {
    this.#directory = directory;
  }

  /** Whether entries behind a cursor have been dropped; undefined when not, and where we may not look. */
  lossBehind(cursor: JournalCursor): Loss | undefined {
    if (cursor.sequence === 0) return undefined;
    const heads = this.#heads();
    const [oldest] = heads.toSorted((a, b) => a.time - b.time);
    if (oldest === undefined) return undefined;
    const ours = heads.filter(({ sequenceId }) => sequenceId === cursor.sequenceId);
    if (ours.length === 0) return { reason: "STORAGE_LOST", goesOnAt: momentCursor(Math.max(cursor.time, oldest.time - 1)) };
    const first = ours.reduce((a, b) => (a.sequence <= b.sequence ? a : b));
    if (first.sequence <= cursor.sequence + 1) return undefined;
    return { reason: "TRIMMED", goesOnAt: momentCursor(Math.max(cursor.time, first.time - 1)) };
  }

  /**
   * Whether the number of a cursor's entry has been given to another one: journald goes on behind the last entry that a power
   * cut left, in a new file. The entries of a file are not older than its first.
   */
  isNumberedAnew({ sequenceId, sequence, time }: JournalCursor): boolean {
    const before = this.#heads().filter((head) => head.sequenceId === sequenceId && head.sequence <= sequence);
    const newest = before.toSorted((a, b) => a.sequence - b.sequence || a.time - b.time).at(-1);
    return newest !== undefined && newest.time > time;
  }

  /**
   * Whether the number between two entries was given to none. journald numbers an entry before it links it; where its file
   * turns out to be full by then, the entry goes to the next file under the next number, which is that file's first. False
   * where we may not look.
   */
  isSkipped(before: JournalCursor, next: JournalCursor): boolean {
    if (next.sequence !== before.sequence + 2) return false;
    const ours = this.#heads().filter(({ sequenceId }) => sequenceId === next.sequenceId);
    return ours.some(({ sequence }) => sequence === next.sequence) && ours.some(({ sequence }) => sequence <= before.sequence);
  }

  /**
   * Whether an entry is the one before it once more. journald writes an entry again, as the first of a new file under the next
   * number, when it finds its file full after it has linked the entry, but not yet all of its fields. Everything but the number
   * is the same, as with equal lines that were taken in one turn: the files tell which it is. False where we may not look.
   */
  isRepeated(before: JournalCursor, next: JournalCursor): boolean {
    if (next.sequence !== before.sequence + 1 || next.time !== before.time || next.sequenceId !== before.sequenceId) return false;
    if (contentOf(next.text) !== contentOf(before.text)) return false;
    if (this.#known.sequenceId !== next.sequenceId || next.sequence > this.#known.upTo) this.#learn(next);
    return this.#known.first.has(next.sequence);
  }

  #learn({ sequenceId, sequence }: JournalCursor): void {
    const ours = this.#heads().filter((head) => head.sequenceId === sequenceId);
    const upTo = Math.max(sequence, ...ours.map(({ last = 0 }) => last));
    this.#known = { sequenceId, upTo, first: new Set(ours.map((head) => head.sequence)) };
  }

  /** Which files there are: as long as it stays the same, journald has neither archived nor dropped one. "" where we may not look. */
  names(): string {
    return (this.#names() ?? []).toSorted().join("\n");
  }

  /**
   * Reads, and reads again where journald has archived a file meanwhile: journalctl opens files by the names that it has found,
   * and passes over one, with all that is in it, that has got another name by then.
   */
  async whole<T>(read: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      const names = this.names();
      const result = await read();
      if (this.names() === names || tries === mostTries) return result;
    }
  }

  /** Whether there is nothing yet; false where we may not look. */
  isEmpty(): boolean {
    return this.#names()?.length === 0;
  }

  #heads(): Head[] {
    return (this.#names() ?? []).flatMap((name) => headOf(this.#directory(), name) ?? []);
  }

  #names(): string[] | undefined {
    try {
      return readdirSync(this.#directory()).filter((name) => fileName.test(name));
    } catch {
      return undefined;
    }
  }
}

function headOf(directory: string, name: string): Head | undefined {
  const match = archived.exec(name);
  if (match !== null)
    return { sequenceId: match[1] ?? "", sequence: Number.parseInt(match[2] ?? "", 16), time: Number.parseInt(match[3] ?? "", 16) };
  const bytes = readHeader(join(directory, name));
  if (bytes === undefined) return undefined;
  const sequence = Number(bytes.readBigUInt64LE(header.firstSequence));
  if (sequence === 0 || !bytes.toString("latin1").startsWith(signature)) return undefined;
  const sequenceId = bytes.toString("hex", header.sequenceId, header.sequenceId + 16);
  const last = Number(bytes.readBigUInt64LE(header.lastSequence));
  return { sequenceId, sequence, time: Number(bytes.readBigUInt64LE(header.firstTime)), last };
}

/** Of a cursor what is left when an entry gets another number: boot, both times, and a hash of the fields. */
function contentOf(text: string): string {
  return text.slice(text.indexOf(";b="));
}

function readHeader(path: string): Buffer | undefined {
  const bytes = Buffer.alloc(header.bytes);
  let descriptor: number;
  try {
    descriptor = openSync(path, "r");
  } catch {
    return undefined; // renamed meanwhile
  }
  try {
    return readSync(descriptor, bytes, 0, header.bytes, 0) < header.bytes ? undefined : bytes;
  } catch {
    return undefined;
  } finally {
    closeSync(descriptor);
  }
}

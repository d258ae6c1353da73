import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { LogGapReason } from "../../../domain/log-entry.ts";
import { type JournalCursor, momentCursor } from "./journal-point.ts";
import { namespaceDirectory } from "./namespace-directory.ts";

/** Entries behind a cursor that are gone, and where the journal goes on. */
export type Loss = { readonly reason: LogGapReason; readonly goesOnAt: JournalCursor };

type Head = { readonly sequenceId: string; readonly sequence: number; readonly time: number };

/** Of archived files the name tells where they begin: `system@<numbering>-<first entry>-<its time>.journal`. */
const archived = /^[^@]+@([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{16})\.journal$/;
/** Offsets in a file's header. Source: https://systemd.io/JOURNAL_FILE_FORMAT/ */
const header = { bytes: 200, sequenceId: 72, firstSequence: 168, firstTime: 184 };

/** The files of the namespace's journal: only they know whether the entry of an old cursor is still there. */
export class JournalFiles {
  readonly #directory: () => string;

  constructor(directory = () => namespaceDirectory().path) {
    this.#directory = directory;
  }

  /** Whether entries behind a cursor have been dropped; undefined when not, and where we may not look. */
  async lossBehind(cursor: JournalCursor): Promise<Loss | undefined> {
    if (cursor.sequence === 0) return undefined;
    const heads = await this.#heads().catch(() => []);
    const [oldest] = heads.toSorted((a, b) => a.time - b.time);
    if (oldest === undefined) return undefined;
    const ours = heads.filter(({ sequenceId }) => sequenceId === cursor.sequenceId);
    if (ours.length === 0) return { reason: "STORAGE_LOST", goesOnAt: momentCursor(Math.max(cursor.time, oldest.time - 1)) };
    const first = ours.reduce((a, b) => (a.sequence <= b.sequence ? a : b));
    if (first.sequence <= cursor.sequence + 1) return undefined;
    return { reason: "TRIMMED", goesOnAt: momentCursor(Math.max(cursor.time, first.time - 1)) };
  }

  /** Whether there is nothing yet; false where we may not look. */
  async isEmpty(): Promise<boolean> {
    try {
      return (await readdir(this.#directory())).every((name) => !name.endsWith(".journal"));
    } catch {
      return false;
    }
  }

  async #heads(): Promise<Head[]> {
    const directory = this.#directory();
    const names = (await readdir(directory)).filter((name) => name.endsWith(".journal"));
    return (await Promise.all(names.map((name) => headOf(directory, name)))).filter((head) => head !== undefined);
  }
}

async function headOf(directory: string, name: string): Promise<Head | undefined> {
  const match = archived.exec(name);
  if (match !== null)
    return { sequenceId: match[1] ?? "", sequence: Number.parseInt(match[2] ?? "", 16), time: Number.parseInt(match[3] ?? "", 16) };
  const bytes = Buffer.alloc(header.bytes);
  try {
    await using file = await open(join(directory, name), "r");
    await file.read(bytes, 0, header.bytes, 0);
  } catch {
    return undefined; // renamed meanwhile
  }
  const sequence = Number(bytes.readBigUInt64LE(header.firstSequence));
  if (sequence === 0) return undefined;
  const sequenceId = bytes.toString("hex", header.sequenceId, header.sequenceId + 16);
  return { sequenceId, sequence, time: Number(bytes.readBigUInt64LE(header.firstTime)) };
}

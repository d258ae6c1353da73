import { appendFileSync, closeSync, fstatSync, openSync, readSync } from "node:fs";

/** Everything up to `offset` had been seen at `time` (milliseconds since 1970). */
export type TimeMark = { readonly offset: number; readonly time: number; readonly estimated: boolean };

const recordBytes = 16;

/**
 * When the daemon saw which part of a log: a file of pairs of little-endian doubles, offset and time, both ascending; an
 * estimated time is negative. The file stays on disk and is searched there, so that a log of any age costs no memory.
 * A punched head reads as zeros, which sort first.
 */
export class TimeMarks {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Adds a mark; its offset is above that of the last. */
  append(mark: TimeMark): void {
    const record = Buffer.alloc(recordBytes);
    record.writeDoubleLE(mark.offset, 0);
    record.writeDoubleLE(mark.estimated ? -mark.time : mark.time, 8);
    appendFileSync(this.path, record, { mode: 0o600 });
  }

  /** The newest mark. */
  last(): TimeMark | undefined {
    return this.#search((file) => (file.count === 0 ? undefined : file.at(file.count - 1)));
  }

  /** The marks that cover the bytes behind `from` up to `to`. */
  covering(from: number, to: number): TimeMark[] {
    return (
      this.#search((file) =>
        file.readUntil(
          firstIndex(file, (mark) => mark.offset > from),
          to,
        ),
      ) ?? []
    );
  }

  /** Up to which byte everything had been seen before `time`; undefined when nothing was seen since. */
  seenBefore(time: number): number | undefined {
    return this.#search((file) => {
      const index = firstIndex(file, (mark) => mark.time >= time);
      if (index === file.count) return undefined;
      return index === 0 ? 0 : file.at(index - 1).offset;
    });
  }

  /** In which byte of the marks file the first mark behind `offset` of the log stands. */
  recordOffset(offset: number): number {
    return (this.#search((file) => firstIndex(file, (mark) => mark.offset > offset)) ?? 0) * recordBytes;
  }

  #search<T>(work: (file: MarksFile) => T): T | undefined {
    let descriptor: number;
    try {
      descriptor = openSync(this.path, "r");
    } catch {
      return undefined;
    }
    try {
      return work(new MarksFile(descriptor));
    } finally {
      closeSync(descriptor);
    }
  }
}

/** Binary search for the first mark for which `holds`, or the count. */
function firstIndex(file: MarksFile, holds: (mark: TimeMark) => boolean): number {
  let low = 0;
  let high = file.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(file.at(middle))) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Reads whole records; a torn one at the end (a power loss) does not count. */
class MarksFile {
  readonly count: number;
  readonly #descriptor: number;
  readonly #page = Buffer.alloc(256 * recordBytes);
  #pageStart = -1;
  #pageRecords = 0;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
    this.count = Math.floor(fstatSync(descriptor).size / recordBytes);
  }

  at(index: number): TimeMark {
    if (this.#pageStart === -1 || index < this.#pageStart || index >= this.#pageStart + this.#pageRecords) this.#load(index);
    const at = (index - this.#pageStart) * recordBytes;
    const time = this.#page.readDoubleLE(at + 8);
    return { offset: this.#page.readDoubleLE(at), time: Math.abs(time), estimated: time < 0 };
  }

  readUntil(index: number, to: number): TimeMark[] {
    const marks: TimeMark[] = [];
    for (let next = index; next < this.count; next += 1) {
      const mark = this.at(next);
      marks.push(mark);
      if (mark.offset >= to) break;
    }
    return marks;
  }

  #load(index: number): void {
    const start = index - (index % 256);
    const bytes = readSync(this.#descriptor, this.#page, 0, this.#page.length, start * recordBytes);
    this.#pageStart = start;
    this.#pageRecords = Math.floor(bytes / recordBytes);
    if (index >= start + this.#pageRecords) throw new Error(`the marks file ends before record ${index}`);
  }
}

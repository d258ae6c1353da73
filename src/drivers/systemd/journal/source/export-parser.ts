import { isUtf8 } from "node:buffer";
import type { JournalLine } from "./journal-line.ts";
import type { JournalCursor } from "./journal-point.ts";

/**
 * What a parser tells of an entry: where it stands, and of which unit it is. `line` decodes the rest and works only until
 * the call returns; nobody pays for entries that nobody wants.
 */
export type EntrySink = (cursor: JournalCursor, unit: string, line: () => JournalLine) => void;

/** The fields that are used; journalctl adds those that begin with two underscores by itself. */
export const journalFields = ["MESSAGE", "_SYSTEMD_UNIT", "_SYSTEMD_INVOCATION_ID", "_LINE_BREAK"] as const;

const lineFeed = 10;
const equalsSign = 61;
/** No entry is so long: LineMax= and the field limit of journald are far below. */
const mostEntryBytes = 64 * 1024 * 1024;

/**
 * Parses journald's export format as it comes, in chunks that are cut anywhere.
 *
 * A field is `NAME=text\n`, or, when the text holds control characters, `NAME\n`, its length as a little-endian 64-bit
 * number, the bytes and `\n`. An empty line ends an entry. Only an entry that a chunk's end cuts is copied. Source:
 * https://systemd.io/JOURNAL_EXPORT_FORMATS/
 */
export class ExportParser {
  readonly #sink: EntrySink;
  #rest: Buffer | undefined;
  #entry = new EntrySpans();

  constructor(sink: EntrySink) {
    this.#sink = sink;
  }

  /** Takes the next bytes. @throws Error when they are not of the format */
  push(chunk: Buffer): void {
    const buffer = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    const end = this.#parse(buffer);
    if (buffer.length - end > mostEntryBytes) throw new Error("the journal's export holds an endless entry");
    this.#rest = end === buffer.length ? undefined : Buffer.from(buffer.subarray(end));
  }

  /** Tells whole entries; returns where the first incomplete one begins. */
  #parse(buffer: Buffer): number {
    let entryStart = 0;
    let at = 0;
    const entry = this.#entry;
    entry.reset(buffer);
    while (at < buffer.length) {
      const end = buffer.indexOf(lineFeed, at);
      if (end === -1) break;
      if (end === at) {
        at += 1;
        entryStart = at;
        if (entry.hasCursor) this.#sink(entry.cursor(), entry.unit(), () => entry.line());
        entry.reset(buffer);
        continue;
      }
      const next = entry.addField(at, end);
      if (next === -1) break;
      at = next;
    }
    return entryStart;
  }
}

/** Where an entry's fields lie in the buffer. Reused: entries are many. */
class EntrySpans {
  #buffer: Buffer = Buffer.alloc(0);
  #cursor = -1;
  #cursorEnd = -1;
  #sequence = 0;
  #time = 0;
  #unit = -1;
  #unitEnd = -1;
  #invocation = -1;
  #message = -1;
  #messageEnd = -1;
  #isCut = false;
  /** Neighbours share numbering and unit: equal text is made once. */
  #sequenceId = "";
  #cursorPoint: JournalCursor | undefined;
  #unitText = "";
  #invocationText = "";

  get hasCursor(): boolean {
    return this.#cursor !== -1;
  }

  reset(buffer: Buffer): void {
    this.#buffer = buffer;
    this.#cursor = this.#unit = this.#invocation = this.#message = -1;
    this.#sequence = this.#time = 0;
    this.#isCut = false;
    this.#cursorPoint = undefined;
  }

  /** Takes the field whose first line is given; returns where the next begins, -1 when it is not whole. */
  addField(at: number, lineEnd: number): number {
    const buffer = this.#buffer;
    let nameEnd = at;
    while (nameEnd < lineEnd && buffer[nameEnd] !== equalsSign) nameEnd += 1;
    if (nameEnd < lineEnd) {
      this.#take(at, nameEnd, nameEnd + 1, lineEnd);
      return lineEnd + 1;
    }
    const start = lineEnd + 9;
    if (start > buffer.length) return -1;
    const end = start + buffer.readUInt32LE(lineEnd + 1) + buffer.readUInt32LE(lineEnd + 5) * 2 ** 32;
    if (end - start > mostEntryBytes) throw new Error("the journal's export holds a field of impossible length");
    if (end + 1 > buffer.length) return -1;
    if (buffer[end] !== lineFeed) throw new Error("the journal's export holds a field without an end");
    this.#take(at, nameEnd, start, end);
    return end + 1;
  }

  /** Names are told apart by their length first. */
  #take(name: number, nameEnd: number, start: number, end: number): void {
    switch (nameEnd - name) {
      case 7:
        if (!this.#isNamed(name, "MESSAGE")) return;
        this.#message = start;
        this.#messageEnd = end;
        return;
      case 8:
        if (this.#isNamed(name, "__CURSOR")) {
          this.#cursor = start;
          this.#cursorEnd = end;
        } else if (this.#isNamed(name, "__SEQNUM")) this.#sequence = this.#number(start, end);
        return;
      case 11:
        if (this.#isNamed(name, "_LINE_BREAK")) this.#isCut = this.#buffer.toString("latin1", start, end) === "line-max";
        return;
      case 13:
        if (!this.#isNamed(name, "_SYSTEMD_UNIT")) return;
        this.#unit = start;
        this.#unitEnd = end;
        return;
      case 20:
        if (this.#isNamed(name, "__REALTIME_TIMESTAMP")) this.#time = this.#number(start, end);
        return;
      case 22:
        if (this.#isNamed(name, "_SYSTEMD_INVOCATION_ID") && end - start === 32) this.#invocation = start;
    }
  }

  /** Made once an entry. */
  cursor(): JournalCursor {
    if (this.#cursorPoint !== undefined) return this.#cursorPoint;
    const text = this.#buffer.toString("latin1", this.#cursor, this.#cursorEnd);
    if (!text.startsWith(this.#sequenceId, 2) || this.#sequenceId === "") this.#sequenceId = text.slice(2, 34);
    this.#cursorPoint = { sequenceId: this.#sequenceId, sequence: this.#sequence, time: this.#time, text };
    return this.#cursorPoint;
  }

  unit(): string {
    if (this.#unit === -1) return "";
    if (!this.#isAt(this.#unit, this.#unitEnd, this.#unitText)) this.#unitText = this.#buffer.toString("latin1", this.#unit, this.#unitEnd);
    return this.#unitText;
  }

  line(): JournalLine {
    const cursor = this.cursor();
    const [start, end] = this.#message === -1 ? [0, 0] : [this.#message, this.#messageEnd];
    const message = this.#buffer.toString("utf8", start, end);
    const line = { cursor, invocationId: this.#invocationId(), message, size: end - start, isCut: this.#isCut };
    // Only where a replacement character stands the bytes may be something else.
    if (!message.includes("\ufffd")) return line;
    const bytes = this.#buffer.subarray(start, end);
    return isUtf8(bytes) ? line : { ...line, raw: Uint8Array.from(bytes) };
  }

  #invocationId(): string {
    const start = this.#invocation;
    if (start === -1) return "";
    if (!this.#isAt(start, start + 32, this.#invocationText)) this.#invocationText = this.#buffer.toString("latin1", start, start + 32);
    return this.#invocationText;
  }

  #isNamed(at: number, name: string): boolean {
    for (let index = 0; index < name.length; index += 1) {
      if (this.#buffer[at + index] !== name.charCodeAt(index)) return false;
    }
    return true;
  }

  #isAt(start: number, end: number, text: string): boolean {
    return end - start === text.length && this.#isNamed(start, text);
  }

  #number(start: number, end: number): number {
    let number = 0;
    for (let at = start; at < end; at += 1) number = number * 10 + ((this.#buffer[at] ?? 0) - 48);
    return number;
  }
}

import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JournalPoint } from "../../../src/drivers/systemd/journal/source/journal-point.ts";
import { parseJournalCursor } from "../../../src/drivers/systemd/journal/source/journal-point.ts";
import type { JournalSource } from "../../../src/drivers/systemd/journal/source/journal-source.ts";
import type { StreamedProcess } from "../../../src/exec/stream-process.ts";
import { type ExportedEntry, exportText, sequenceId } from "./export-text.ts";

/** A namespace's journal in memory, with journalctl's manners: a cursor that is gone begins at the start. */
export class FakeJournal implements JournalSource {
  entries: ExportedEntry[] = [];
  /** Entries before this number are dropped. */
  oldest = 1;
  #followers = new Set<Output>();
  #ofSome = new Map<Output, readonly string[]>();
  /** While true, who follows everything hears nothing: too much comes before. Who follows some instances does. */
  isFlooded = false;
  #sequence = 0;
  #time = Date.now() * 1000;
  /** When false, followers do not hear of new entries: they come with the next {@link deliver}. */
  isPrompt = true;
  /** Happens once, when an instance's entries are asked for and before they are read. */
  beforeRead = () => {};
  /** Until it resolves those print nothing. */
  busy: Promise<void> = Promise.resolve();
  /** Processes that read an instance's entries: now, at most at once, and ever. */
  readonly reading = { now: 0, most: 0, ever: 0 };
  /** The first entry of each file. */
  #heads: { readonly sequence: number; readonly time: number }[] = [];
  #isFull = true;
  readonly #directory: string;

  /** @param directory where the names of files tell what is kept */
  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(directory);
  }

  write(name: string, message: string | Uint8Array, invocationId?: string, lineBreak?: string): void {
    this.#sequence += 1;
    this.#time = Math.max(this.#time + 1, Date.now() * 1000);
    this.entries.push({
      sequence: this.#sequence,
      time: this.#time,
      unit: `left4me-server@${name}.service`,
      message: typeof message === "string" ? Buffer.from(message) : message,
      ...(invocationId === undefined ? {} : { invocationId }),
      ...(lineBreak === undefined ? {} : { lineBreak }),
    });
    if (this.#isFull) this.#beginFile();
    if (this.isPrompt) this.deliver();
  }

  /** Lets followers hear of everything. */
  deliver(): void {
    if (!this.isFlooded) for (const follower of this.#followers) follower.catchUp(this.entries);
    for (const [follower, names] of this.#ofSome) follower.catchUp(this.entries.filter((entry) => names.some((name) => isOf(name)(entry))));
  }

  /** The instances that are followed besides. */
  get some(): readonly string[] {
    return [...this.#ofSome.values()].flat();
  }

  /** journalctl dies. */
  killFollowers(): void {
    for (const follower of this.#followers) follower.end();
    this.#followers.clear();
  }

  drop(before: number): void {
    this.oldest = before;
    this.entries = this.entries.filter(({ sequence }) => sequence >= before);
    const [{ sequence, time } = { sequence: 0, time: 0 }] = this.entries;
    this.#heads = [{ sequence, time }, ...this.#heads.filter((head) => head.sequence > before)];
    this.#nameFiles();
  }

  /** What comes after a number was not on the disk yet; journald goes on behind it, in a new file. */
  cutPower(last: number): void {
    this.killFollowers();
    this.entries = this.entries.filter(({ sequence }) => sequence <= last);
    this.#sequence = last;
    this.#heads = this.#heads.filter(({ sequence }) => sequence <= last);
    this.#isFull = true;
  }

  /** The file is full by the time that an entry has its number: it gets another, in the next file. */
  skip(): void {
    this.#sequence += 1;
    this.#isFull = true;
  }

  /** The file is full when the last entry is in it, but not all of its fields: it is written again, in the next file. */
  repeat(): void {
    this.#isFull = true;
    this.writeAgain();
  }

  /** Equal lines that journald takes in one turn differ by their number only. */
  writeAgain(): void {
    const last = this.entries.at(-1);
    if (last === undefined) throw new Error("there is no entry to write again");
    this.#sequence += 1;
    this.entries.push({ ...last, sequence: this.#sequence });
    if (this.#isFull) this.#beginFile();
    if (this.isPrompt) this.deliver();
  }

  /** journald archives its file while the next journalctl looks for files: that one passes over all that is in it. */
  archiveUnseen(): void {
    this.beforeRead = () => {
      this.#isFull = true;
      this.write("another", "the first entry of the next file");
      const { entries } = this;
      this.entries = entries.slice(-1);
      queueMicrotask(() => {
        this.entries = entries;
      });
    };
  }

  #beginFile(): void {
    const { sequence, time } = this.entries.at(-1) ?? { sequence: 0, time: 0 };
    this.#isFull = false;
    this.#heads.push({ sequence, time });
    this.#nameFiles();
  }

  #nameFiles(): void {
    for (const name of readdirSync(this.#directory)) rmSync(join(this.#directory, name));
    for (const { sequence, time } of this.#heads) {
      const numbers = [sequence, time].map((number) => number.toString(16).padStart(16, "0"));
      writeFileSync(join(this.#directory, `system@${[sequenceId, ...numbers].join("-")}.journal`), "");
    }
  }

  #read(): void {
    const { beforeRead } = this;
    this.beforeRead = () => {};
    beforeRead();
  }

  current(): JournalPoint {
    return { sequenceId, sequence: this.#sequence, time: Date.now() * 1000 };
  }

  async follow(after: { readonly text: string } | undefined): Promise<StreamedProcess> {
    const from = after === undefined ? (this.entries.at(-1)?.sequence ?? 0) - 1 : this.#place(after.text);
    const output = new Output(from);
    this.#followers.add(output);
    output.catchUp(this.entries);
    return output;
  }

  async followSome(names: readonly string[], after: { readonly text: string }): Promise<StreamedProcess> {
    const output = new Output(this.#place(after.text));
    this.#ofSome.set(output, names);
    void output.ended.then(() => this.#ofSome.delete(output));
    this.deliver();
    return output;
  }

  async last(name: string, entries: number, invocationId?: string): Promise<StreamedProcess> {
    this.#read();
    const ours = this.entries.filter((entry) => isOf(name)(entry) && (invocationId === undefined || entry.invocationId === invocationId));
    return this.#bounded(ours.slice(-entries));
  }

  async after(name: string, cursor: { readonly text: string }): Promise<StreamedProcess> {
    this.#read();
    const from = this.#place(cursor.text);
    return this.#bounded(this.entries.filter((entry) => isOf(name)(entry) && entry.sequence > from));
  }

  /** What reads to an end, and lives until it has been read or stopped. */
  #bounded(entries: readonly ExportedEntry[]): StreamedProcess {
    const { reading } = this;
    reading.now += 1;
    reading.ever += 1;
    reading.most = Math.max(reading.most, reading.now);
    const output = new Output(0);
    void this.busy.then(() => {
      output.catchUp(entries);
      output.complete();
    });
    void output.ended.then(() => {
      reading.now -= 1;
    });
    return output;
  }

  #place(text: string): number {
    const point = parseJournalCursor(text);
    if (point === undefined) throw new Error(`no cursor: ${text}`);
    if (point.sequenceId === "") return (this.entries.find(({ time }) => time >= point.time)?.sequence ?? Number.POSITIVE_INFINITY) - 1;
    return point.sequence < this.oldest ? 0 : point.sequence;
  }
}

const isOf = (name: string) => (entry: ExportedEntry) => entry.unit === `left4me-server@${name}.service`;

/** Output that grows; cut into chunks where it likes. */
class Output implements StreamedProcess {
  readonly #end = Promise.withResolvers<void>();
  readonly ended = this.#end.promise;
  #told: number;
  #entries: ExportedEntry[] = [];
  #isOver = false;
  #wake = Promise.withResolvers<void>();

  constructor(told: number) {
    this.#told = told;
  }

  catchUp(entries: readonly ExportedEntry[]): void {
    const news = entries.filter(({ sequence }) => sequence > this.#told);
    this.#told = news.at(-1)?.sequence ?? this.#told;
    for (const entry of news) this.#entries.push(entry);
    this.#wake.resolve();
  }

  /** No more will come: it ends with its last chunk. */
  complete(): void {
    this.#isOver = true;
    this.#wake.resolve();
  }

  end(): void {
    this.complete();
    this.#end.resolve();
  }

  stop(): void {
    this.end();
  }

  get output(): AsyncIterable<Buffer> {
    return this.#read();
  }

  async *#read(): AsyncGenerator<Buffer> {
    for (;;) {
      while (this.#entries.length > 0) {
        const bytes = Buffer.concat(this.#entries.splice(0, 100).map(exportText));
        for (let at = 0; at < bytes.length; at += 997) yield bytes.subarray(at, at + 997);
      }
      if (this.#isOver) return this.#end.resolve();
      this.#wake = Promise.withResolvers();
      await this.#wake.promise;
    }
  }
}

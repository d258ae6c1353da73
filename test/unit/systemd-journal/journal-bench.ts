import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { LifecycleEvent, LogEntry, LogPiece, LogStart } from "../../../src/domain/log-entry.ts";
import { NamespaceJournal } from "../../../src/drivers/systemd/journal/instance-journal.ts";
import { JournalFiles } from "../../../src/drivers/systemd/journal/source/journal-files.ts";
import { Waker } from "../../../src/drivers/systemd/journal/source/waker.ts";
import type { PresentRun } from "../../../src/drivers/systemd/journal-port.ts";
import type { RuntimeIdentity } from "../../../src/host/driver.ts";
import { FakeJournal } from "./fake-journal.ts";

export const everything: LogStart = { type: "history", lines: 1e12 };

/** What a stream has told. */
export type Told = { readonly entries: LogEntry[]; readonly gaps: Extract<LogPiece, { type: "gap" }>[] };

/** A journal over one in memory, with a root of its own. */
export class JournalBench {
  readonly root = mkdtempSync("/var/tmp/l4m-journal-");
  readonly fake = new FakeJournal(join(this.root, "journal"));
  readonly notes: string[] = [];
  /** Until it resolves journald takes its turns with others. */
  turn: Promise<void> = Promise.resolve();
  /** How often it was asked for them. */
  turns = 0;
  journal: NamespaceJournal;

  constructor(t?: TestContext) {
    this.journal = this.#make();
    t?.after(() => this.destroy());
  }

  /** A new daemon. */
  async reopen(): Promise<void> {
    await this.journal.close();
    this.journal = this.#make();
    await this.journal.open();
  }

  /** The daemon ends; `meanwhile` happens; a new one finds an instance so. */
  async leave(identity: RuntimeIdentity, meanwhile: () => void, present: Partial<PresentRun>): Promise<void> {
    await this.journal.close();
    meanwhile();
    await this.comeBack(identity, present);
  }

  /** A new daemon. */
  async comeBack(identity: RuntimeIdentity, present: Partial<PresentRun>): Promise<void> {
    this.journal = this.#make();
    await this.journal.open();
    this.journal.adopt(identity);
    this.journal.adopted(identity, { invocationId: "", isOver: true, events: [], ...present });
  }

  async destroy(): Promise<void> {
    await this.journal.close();
    rmSync(this.root, { recursive: true });
  }

  instance(name: string, uid: string): RuntimeIdentity {
    const directory = join(this.root, "instances", name);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, "record.json"), JSON.stringify({ uid, createTime: new Date().toISOString() }));
    return { name, uid };
  }

  event(identity: RuntimeIdentity, event: LifecycleEvent, invocationId: string): void {
    this.journal.recordEvent(identity, event, { invocationId, message: `it is ${event}`, time: new Date() });
  }

  async read(identity: RuntimeIdentity, start: LogStart = everything): Promise<Told> {
    const told: Told = { entries: [], gaps: [] };
    for await (const piece of this.journal.logs(identity, start, false, AbortSignal.timeout(60_000))) take(told, piece);
    return told;
  }

  /** Follows until stopped. */
  follow(identity: RuntimeIdentity, start: LogStart = everything): Told & { stop: () => void; readonly over: Promise<void> } {
    const told: Told = { entries: [], gaps: [] };
    const stop = new AbortController();
    const over = (async () => {
      for await (const piece of this.journal.logs(identity, start, true, stop.signal)) take(told, piece);
    })();
    return { ...told, stop: () => stop.abort(), over };
  }

  #make(): NamespaceJournal {
    const { fake } = this;
    const current = () => fake.current();
    const means = {
      source: fake,
      files: new JournalFiles(() => join(this.root, "journal")),
      waker: new Waker(current, () => fake.deliver()),
      current,
      turns: async () => {
        this.turns += 1;
        await this.turn;
        fake.deliver();
      },
    };
    return new NamespaceJournal(this.root, means, (note) => this.notes.push(note));
  }
}

function take(told: Told, piece: LogPiece): void {
  if (piece.type === "gap") told.gaps.push(piece);
  else told.entries.push(...piece.entries);
}

export const keys = ({ entries }: Pick<Told, "entries">) => entries.map(({ position, message }) => `${message.slice(0, 100)} ${position}`);

/** Waits until something holds. */
export async function eventually(what: string, isIt: () => boolean, seconds = 60): Promise<void> {
  for (const deadline = Date.now() + seconds * 1000; !isIt(); await sleep(2))
    if (Date.now() > deadline) throw new Error(`not in time: ${what}`);
}

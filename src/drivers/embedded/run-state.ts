import type { RuntimeStatus } from "../../domain/runtime-status.ts";
import { describeRecord } from "./describe-record.ts";
import { bootId } from "./processes/boot-id.ts";
import { type RunRecord, writeRunRecord } from "./run-record.ts";

/** An instance's record: in memory, on disk, and told to the observer. */
export class RunState {
  readonly #path: string;
  readonly #note: (message: string) => void;
  #record: RunRecord;
  #observe: ((status: RuntimeStatus) => void) | undefined;
  #isClosed = false;

  constructor(record: RunRecord, path: string, observe: (status: RuntimeStatus) => void, note: (message: string) => void) {
    this.#record = record;
    this.#path = path;
    this.#observe = observe;
    this.#note = note;
  }

  get record(): RunRecord {
    return this.#record;
  }

  /** Writes down and tells a change. A full disk is noted, and must not keep us from going on. */
  change(change: Partial<RunRecord>): void {
    try {
      this.prepare(change);
    } catch (error) {
      this.#note(`${this.#path} could not be written: ${error}`);
    }
    this.tell();
  }

  /** Writes down a change that may still fail. @throws the error of the file system */
  prepare(change: Partial<RunRecord>): void {
    this.#set(change);
    if (!this.#isClosed) writeRunRecord(this.#path, this.#record);
  }

  tell(): void {
    this.#observe?.(describeRecord(this.#record));
  }

  /** From now on nothing is told or written: the path may belong to a later instance of the name. */
  close(): void {
    this.#isClosed = true;
    this.#observe = undefined;
  }

  /** A change of the phase sets the time; what the phase does not have is left out. */
  #set(change: Partial<RunRecord>): void {
    const phase = change.phase ?? this.#record.phase;
    const since = phase === this.#record.phase ? this.#record.since : Date.now();
    const { tree, game, restartAt, ...rest } = { ...this.#record, ...change, phase, since, bootId: bootId() };
    const hasTree = phase === "running" || phase === "stopping";
    this.#record = {
      ...rest,
      ...(hasTree && tree !== undefined ? { tree } : {}),
      ...(hasTree && game !== undefined ? { game } : {}),
      ...(phase === "waiting" && restartAt !== undefined ? { restartAt } : {}),
    };
  }
}

import { randomUUID } from "node:crypto";
import { instanceBusy, superseded } from "../../domain/failures.ts";
import type { Operation, Verb } from "../../domain/instance.ts";

/** What an operation's work is given. */
export type OperationContext = {
  /** Aborts with SUPERSEDED when a newer mutation takes this one's place. */
  readonly signal: AbortSignal;
  /** Names the step that is under way, for whoever looks at the holder. */
  step(step: string): void;
};

/** A mutation that wants an instance to itself. */
export type OperationRequest<T> = {
  readonly verb: Verb;
  readonly caller: string;
  /** Equal keys of one verb mean the same request; undefined never attaches. */
  readonly key?: string | undefined;
  readonly work: (context: OperationContext) => Promise<T>;
};

type Slot = {
  readonly verb: Verb;
  readonly key: string | undefined;
  readonly abort: AbortController;
  operation: Operation;
  /** What callers wait for; rejects early when superseded. */
  readonly outcome: Promise<unknown>;
  /** Settles when the work has unwound. */
  readonly unwound: Promise<void>;
};

/** The operation that runs on an instance, and those that wait behind it: a stop behind the start that it supersedes, a start behind that. */
type Lane = { running: Slot; queue: Slot[] };

const superseding: ReadonlySet<Verb> = new Set(["STOP", "RESET", "DELETE"]);
const supersedable: ReadonlySet<Verb> = new Set(["START", "RESTART"]);

/**
 * The locks of instances: one mutation at a time, with the rules of the contract (attach, supersede, queue, busy).
 *
 * Operations belong to the host: nothing here knows of callers that leave.
 */
export class OperationTable {
  readonly #lanes = new Map<string, Lane>();
  readonly #onChange: (name: string, operation: Operation | undefined) => void;

  /** @param onChange is told when an instance gets a holder, its holder takes another step, or it is free again */
  constructor(onChange: (name: string, operation: Operation | undefined) => void) {
    this.#onChange = onChange;
  }

  /** The operation that holds an instance. */
  holder(name: string): Operation | undefined {
    return this.#lanes.get(name)?.running.operation;
  }

  /** The instances that are held. */
  held(): string[] {
    return [...this.#lanes.keys()];
  }

  /** Resolves when what holds an instance now has let go of it. */
  async released(name: string): Promise<void> {
    await this.#lanes.get(name)?.running.unwound;
  }

  /** Resolves when nothing holds any instance. */
  async idle(): Promise<void> {
    while (this.#lanes.size > 0) await Promise.all([...this.#lanes.values()].map((lane) => lane.running.unwound));
  }

  /**
   * Runs, attaches to, or queues an operation on an instance.
   *
   * @throws HostError BUSY, SUPERSEDED, and whatever the work throws
   */
  run<T>(name: string, request: OperationRequest<T>): Promise<T> {
    const lane = this.#lanes.get(name);
    if (lane === undefined) return this.#begin(name, request);
    const hasSuperseded = superseding.has(request.verb) && this.#supersede(name, lane, request.verb);
    const last = lane.queue.at(-1) ?? lane.running;
    if (isSame(last, request)) return last.outcome as Promise<T>;
    if (hasSuperseded || (request.verb === "START" && last.verb === "STOP")) return this.#enqueue(name, lane, last, request);
    throw instanceBusy(name, lane.running.operation);
  }

  /** Takes queued starts back, and has one that runs unwind. @returns whether there was any */
  #supersede(name: string, lane: Lane, by: Verb): boolean {
    const victims = [lane.running, ...lane.queue].filter(({ verb, abort }) => supersedable.has(verb) && !abort.signal.aborted);
    for (const { abort } of victims) abort.abort(superseded(name, by));
    lane.queue = lane.queue.filter((slot) => !victims.includes(slot));
    return victims.length > 0;
  }

  #enqueue<T>(name: string, lane: Lane, last: Slot, request: OperationRequest<T>): Promise<T> {
    const { promise, slot } = this.#slot(name, request, last.unwound);
    lane.queue.push(slot);
    return promise;
  }

  #begin<T>(name: string, request: OperationRequest<T>): Promise<T> {
    const { promise, slot } = this.#slot(name, request, Promise.resolve());
    this.#lanes.set(name, { running: slot, queue: [] });
    this.#onChange(name, slot.operation);
    return promise;
  }

  #slot<T>(name: string, request: OperationRequest<T>, after: Promise<void>): { promise: Promise<T>; slot: Slot } {
    const abort = new AbortController();
    const work = after.then(() => {
      abort.signal.throwIfAborted();
      return request.work({ signal: abort.signal, step: (step) => this.#step(name, slot, step) });
    });
    const promise = Promise.race([work, whenAborted(abort.signal)]);
    promise.catch(() => {}); // callers have their own copy; an operation without callers is no unhandled rejection
    const unwound = work.then(
      () => this.#leave(name, slot),
      () => this.#leave(name, slot),
    );
    const operation = { id: randomUUID(), verb: request.verb, startTime: new Date(), step: "", caller: request.caller };
    const slot: Slot = { verb: request.verb, key: request.key, abort, operation, outcome: promise, unwound };
    return { promise, slot };
  }

  #step(name: string, slot: Slot, step: string): void {
    slot.operation = { ...slot.operation, step };
    if (this.#lanes.get(name)?.running === slot) this.#onChange(name, slot.operation);
  }

  /** Hands the instance to what is queued, or frees it. */
  #leave(name: string, slot: Slot): void {
    const lane = this.#lanes.get(name);
    if (lane?.running !== slot) return; // was taken out of the queue before it ran
    const next = lane.queue.shift();
    if (next === undefined) this.#lanes.delete(name);
    else {
      next.operation = { ...next.operation, startTime: new Date() }; // it has waited until now
      lane.running = next;
    }
    this.#onChange(name, next?.operation);
  }
}

function isSame(slot: Slot, request: OperationRequest<unknown>): boolean {
  return request.key !== undefined && slot.verb === request.verb && slot.key === request.key && !slot.abort.signal.aborted;
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
}

import { setTimeout as sleep } from "node:timers/promises";
import { type BusConnection, type BusSignal, connectSystemBus } from "./bus-connection.ts";
import { JobResults } from "./job-results.ts";
import { SystemdManager } from "./systemd-manager.ts";
import { busUnavailable } from "./unavailable.ts";
import { parseUnitName, unitName, unitOfPath, unitPattern } from "./unit-names.ts";
import { keptProperties, type UnitFacts, unitFacts } from "./unit-properties.ts";

/** How often everything is compared, in case that a signal was missed; milliseconds. */
const resyncMs = 10_000;
const firstRetryMs = 100;
const longestRetryMs = 5_000;

/** Units that are read side by side: the bus allows 128 calls under way, a unit takes up to 11. */
const readersAtOnce = 8;

/** The kinds of units whose state makes an instance's status. */
const watchedKinds = ["server", "overlay"] as const;

/**
 * A mirror of the units of all instances, kept by signals of PID 1. When the bus goes away it connects again, with
 * growing pauses, and compares everything.
 */
export class UnitWatch {
  readonly jobs = new JobResults();
  readonly #onChange: (name: string) => void;
  readonly #log: (message: string) => void;
  readonly #bags = new Map<string, Map<string, unknown>>();
  readonly #changed = new Set<string>();
  readonly #stopping = new AbortController();
  #connection: { readonly bus: BusConnection; readonly manager: SystemdManager } | undefined;
  #flush: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param onChange called with the name of an instance whose units have changed; many signals make one call */
  constructor(onChange: (name: string) => void, log: (message: string) => void) {
    this.#onChange = onChange;
    this.#log = log;
  }

  /** The connection's calls. @throws HostError DRIVER_UNAVAILABLE while there is none */
  get manager(): SystemdManager {
    if (this.#connection === undefined) throw busUnavailable("the connection was lost");
    return this.#connection.manager;
  }

  /** Connects. @throws HostError DRIVER_UNAVAILABLE */
  async connect(): Promise<void> {
    const bus = await connectSystemBus((signal) => this.#take(signal));
    this.#connection = { bus, manager: new SystemdManager(bus) };
    void bus.closed.then(() => this.#lost(bus));
  }

  /** Begins to observe; resolves when every loaded unit has been read. */
  async open(): Promise<void> {
    await this.manager.subscribe();
    await this.#resync();
    this.#timer = setInterval(
      () => void this.#resync().catch((error: unknown) => this.#log(`units could not be compared: ${error}`)),
      resyncMs,
    );
    this.#timer.unref();
  }

  close(): void {
    this.#stopping.abort();
    clearInterval(this.#timer);
    clearImmediate(this.#flush);
    this.jobs.fail(busUnavailable("the driver was closed"));
    this.#connection?.bus.close();
    this.#connection = undefined;
  }

  /** What is known of a unit. */
  facts(kind: (typeof watchedKinds)[number], name: string): UnitFacts {
    return unitFacts(this.#bags.get(unitName(kind, name)) ?? new Map());
  }

  /** The instances of which a unit has been seen. */
  names(): string[] {
    return [...new Set([...this.#bags.keys()].flatMap((unit) => parseUnitName(unit)?.name ?? []))];
  }

  /** Reports an instance's changes now, if there are any. */
  settle(name: string): void {
    if (this.#changed.delete(name)) this.#onChange(name);
  }

  /** Forgets an instance; its units are inactive. */
  forget(name: string): void {
    for (const kind of watchedKinds) this.#bags.delete(unitName(kind, name));
  }

  #take({ path, member, body }: BusSignal): void {
    if (member === "PropertiesChanged") return this.#propertiesChanged(path, body as [string, Record<string, unknown>]);
    if (member === "JobRemoved") return this.#jobRemoved(body as [number, string, string, string]);
    if (member === "NameOwnerChanged" && body[2] !== "") void this.#reexecuted();
  }

  /** PID 1 tells of the Service interface first; after the Unit interface everything fits together. */
  #propertiesChanged(path: string, [iface, changed]: [string, Record<string, unknown>]): void {
    const unit = unitOfPath(path);
    const parsed = unit === undefined ? undefined : parseUnitName(unit);
    if (unit === undefined || parsed === undefined || parsed.kind === "reset") return;
    const bag = this.#bagOf(unit);
    const kept: readonly string[] = iface.endsWith(".Unit") ? keptProperties.Unit : keptProperties.Service;
    for (const property of kept) if (property in changed) bag.set(property, changed[property]);
    if (iface.endsWith(".Unit")) this.#hasChanged(parsed.name);
  }

  #jobRemoved([, job, unit, result]: [number, string, string, string]): void {
    const parsed = parseUnitName(unit);
    if (parsed === undefined) return;
    this.settle(parsed.name);
    this.jobs.ended(job, result);
  }

  #hasChanged(name: string): void {
    this.#changed.add(name);
    this.#flush ??= setImmediate(() => {
      this.#flush = undefined;
      for (const changed of this.#changed) this.settle(changed);
    });
  }

  async #reexecuted(): Promise<void> {
    try {
      await this.manager.resubscribe();
      await this.#resync();
    } catch (error) {
      this.#log(`after PID 1 executed itself anew: ${error}`);
    }
  }

  /** Compares what PID 1 lists with what is known, and reads what differs. */
  async #resync(): Promise<void> {
    const { manager } = this;
    const listed = new Map((await manager.list(watchedKinds.map(unitPattern))).map((unit) => [unit.unit, unit]));
    const differing = [...listed.values()].filter(({ unit, activeState, subState }) => {
      const known = this.#bags.get(unit);
      return parseUnitName(unit) !== undefined && (known?.get("ActiveState") !== activeState || known?.get("SubState") !== subState);
    });
    for (const unit of this.#bags.keys()) if (!listed.has(unit)) this.#unloaded(unit);
    const reader = async () => {
      for (let next = differing.pop(); next !== undefined; next = differing.pop()) await this.#read(manager, next.unit);
    };
    await Promise.all(Array.from({ length: readersAtOnce }, reader));
  }

  async #read(manager: SystemdManager, unit: string): Promise<void> {
    const bag = this.#bagOf(unit);
    // An answer that comes later tells of a later time, like a signal: the last one counts.
    const reads = Object.entries(keptProperties).flatMap(([iface, names]) =>
      names.map(async (property) => bag.set(property, await manager.get(unit, iface, property))),
    );
    await Promise.all(reads);
    const parsed = parseUnitName(unit);
    if (parsed !== undefined) this.#hasChanged(parsed.name);
  }

  /** Inactive, and collected by PID 1; how it ended is still true. */
  #unloaded(unit: string): void {
    const bag = this.#bagOf(unit);
    const parsed = parseUnitName(unit);
    if (parsed === undefined || bag.get("ActiveState") === "inactive") return;
    for (const [property, value] of [
      ["ActiveState", "inactive"],
      ["SubState", "dead"],
      ["Result", "success"],
      ["MainPID", 0],
      ["Job", undefined],
    ] as const)
      bag.set(property, value);
    this.#hasChanged(parsed.name);
  }

  #bagOf(unit: string): Map<string, unknown> {
    const known = this.#bags.get(unit);
    if (known !== undefined) return known;
    const bag = new Map<string, unknown>();
    this.#bags.set(unit, bag);
    return bag;
  }

  #lost(bus: BusConnection): void {
    if (this.#connection?.bus !== bus) return;
    this.#connection = undefined;
    const error = busUnavailable("it closed the connection");
    this.jobs.fail(error);
    this.#log(error.message);
    void this.#reconnect();
  }

  async #reconnect(): Promise<void> {
    for (let pause = firstRetryMs; !this.#stopping.signal.aborted; pause = Math.min(pause * 2, longestRetryMs)) {
      await sleep(pause, undefined, { ref: false });
      if (this.#stopping.signal.aborted) return;
      try {
        await this.connect();
        await this.manager.subscribe();
        await this.#resync();
        return this.#log("the system bus answers again");
      } catch (error) {
        this.#log(`not connected to the system bus yet: ${error instanceof Error ? error.message : error}`);
        if (this.#connection !== undefined) return; // the connection's own end tries again
      }
    }
  }
}

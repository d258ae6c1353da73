import { BusLink, type BusLinkEvents } from "../bus/bus-link.ts";
import type { BusSignal } from "../bus/bus-signals.ts";
import { FollowedJobs } from "../bus/followed-jobs.ts";
import type { JobResults } from "../bus/job-results.ts";
import type { SystemdManager } from "../bus/systemd-manager.ts";
import { busUnavailable } from "../unavailable.ts";
import { UnitComparison, type watchedHostKinds, watchedKinds } from "./unit-comparison.ts";
import { UnitMirror } from "./unit-mirror.ts";
import { hostUnitName, ofHost, parseUnitName, unitName } from "./unit-names.ts";
import { keptProperties, type UnitFacts, unitFacts } from "./unit-properties.ts";
import { unitSignal } from "./unit-signals.ts";

/** How often everything is compared, in case that a signal was missed; milliseconds. */
const compareMs = 10_000;

/**
 * A mirror of the units of all instances and of an installation, kept by signals of PID 1, and compared with it in turn, when PID 1 has read its
 * files anew (what it had not told yet is lost then), when it has executed itself anew and when the bus is back.
 */
export class UnitWatch {
  readonly #jobs = new FollowedJobs();
  readonly #mirror = new UnitMirror();
  readonly #link: BusLink;
  readonly #comparison: UnitComparison;
  readonly #onChange: (name: string) => void;
  readonly #log: (message: string) => void;
  readonly #changed = new Set<string>();
  #state: "new" | "open" | "closed" = "new";
  #comparing = false;
  #compareAgain = false;
  #flush: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param onChange called with the name of an instance whose units have changed, or `ofHost`; many signals make one call
   * @param connect for tests
   */
  constructor(onChange: (name: string) => void, log: (message: string) => void, connect?: BusLinkEvents["connect"]) {
    this.#onChange = onChange;
    this.#log = log;
    this.#comparison = new UnitComparison(this.#mirror, (name) => this.#hasChanged(name), log);
    this.#link = new BusLink({
      onSignal: (signal) => this.#take(signal),
      onLost: (error) => this.#jobs.fail(error),
      restore: (manager) => this.#catchUp(manager),
      log,
      ...(connect === undefined ? {} : { connect }),
    });
  }

  /** The ends of PID 1's jobs. */
  get jobs(): JobResults {
    return this.#jobs;
  }

  /** The connection's calls. @throws HostError DRIVER_UNAVAILABLE while there is none */
  get manager(): SystemdManager {
    return this.#link.manager;
  }

  /** Connects. @throws HostError DRIVER_UNAVAILABLE */
  connect(): Promise<void> {
    return this.#link.connect();
  }

  /** Begins to observe; resolves when every loaded unit has been read. */
  async open(): Promise<void> {
    if (this.#state === "new") this.#state = "open";
    await this.#catchUp(this.manager);
    if (this.#state === "closed") return;
    this.#timer = setInterval(() => void this.#compareNow(), compareMs);
    this.#timer.unref();
  }

  close(): void {
    this.#state = "closed";
    clearInterval(this.#timer);
    clearImmediate(this.#flush);
    this.#jobs.fail(busUnavailable("the driver was closed"));
    this.#link.close();
  }

  /** What is known of a unit. */
  facts(kind: (typeof watchedKinds)[number], name: string): UnitFacts {
    return unitFacts(this.#mirror.bag(unitName(kind, name)));
  }

  /** What is known of a unit of the host's own. */
  hostFacts(kind: (typeof watchedHostKinds)[number]): UnitFacts {
    return unitFacts(this.#mirror.bag(hostUnitName(kind)));
  }

  /** The instances of which a unit has been seen. */
  names(): string[] {
    return [...new Set(this.#mirror.units.flatMap((unit) => parseUnitName(unit)?.name ?? []))].filter((name) => name !== ofHost);
  }

  /** Reports the changes of an instance, or of `ofHost`, now, if there are any. */
  settle(name: string): void {
    if (this.#changed.delete(name)) this.#onChange(name);
  }

  /** Forgets an instance; its units are inactive. */
  forget(name: string): void {
    for (const kind of watchedKinds) this.#mirror.forget(unitName(kind, name));
  }

  #take(signal: BusSignal): void {
    const told = unitSignal(signal);
    if (told?.kind === "changed") {
      this.#mirror.signalled(told.unit, told.changed, keptProperties[told.iface]);
      // PID 1 tells of the Service interface first; after the Unit interface everything fits together.
      if (told.iface === "Unit") this.#hasChanged(told.name);
    } else if (told?.kind === "job-removed") {
      this.settle(told.name);
      this.#jobs.ended(told.job, told.result);
    } else if (told?.kind === "reloaded") void this.#compareNow();
    else if (told?.kind === "reexecuted") void this.#reexecuted();
  }

  #hasChanged(name: string): void {
    this.#changed.add(name);
    this.#flush ??= setImmediate(() => {
      this.#flush = undefined;
      for (const changed of this.#changed) this.settle(changed);
    });
  }

  /** PID 1 has another name on the bus, and has forgotten who listens. */
  async #reexecuted(): Promise<void> {
    if (this.#state !== "open" || !this.#link.isUp) return; // it is caught up later anyway
    const { manager } = this;
    try {
      await manager.resubscribe();
      await this.#compare(manager, true);
    } catch (error) {
      this.#log(`after PID 1 executed itself anew: ${error}`);
      this.#link.drop(manager);
    }
  }

  /** Of what is asked for meanwhile, one more comparison comes. */
  async #compareNow(): Promise<void> {
    this.#compareAgain = this.#comparing;
    if (this.#state !== "open" || this.#comparing || !this.#link.isUp) return;
    this.#comparing = true;
    try {
      await this.#compare(this.manager, false);
    } catch (error) {
      this.#log(`units could not be compared: ${error}`);
    } finally {
      this.#comparing = false;
    }
    if (this.#compareAgain) await this.#compareNow();
  }

  /** Listens, and learns what was told before that. */
  async #catchUp(manager: SystemdManager): Promise<void> {
    await manager.subscribe();
    await this.#compare(manager, true);
  }

  async #compare(manager: SystemdManager, whole: boolean): Promise<void> {
    await this.#comparison.compare(manager, whole);
    await this.#jobs.settleGone(manager);
  }
}

import { setTimeout as sleep } from "node:timers/promises";
import { busUnavailable } from "../unavailable.ts";
import { type BusConnection, type BusOptions, type BusSignal, connectSystemBus } from "./bus-connection.ts";
import { SystemdManager } from "./systemd-manager.ts";

const firstRetryMs = 100;
const longestRetryMs = 5_000;

/** What a link does for its owner. */
export type BusLinkEvents = {
  readonly onSignal: (signal: BusSignal) => void;
  /** The connection is gone, and with it whatever was asked. */
  readonly onLost: (error: Error) => void;
  /** There is a new connection: subscribes, and catches up. When it throws, the connection is given up. */
  readonly restore: (manager: SystemdManager) => Promise<void>;
  readonly log: (message: string) => void;
  readonly connect?: (onSignal: (signal: BusSignal) => void, options: BusOptions) => Promise<BusConnection>;
};

/**
 * Keeps one connection to the system bus. When it goes away another is made, by one loop whose pauses grow until the new
 * connection has been restored.
 */
export class BusLink {
  readonly #events: BusLinkEvents;
  readonly #closing = new AbortController();
  #current: { readonly bus: BusConnection; readonly manager: SystemdManager } | undefined;
  #reconnecting = false;

  constructor(events: BusLinkEvents) {
    this.#events = events;
  }

  get isUp(): boolean {
    return this.#current !== undefined;
  }

  /** The connection's calls. @throws HostError DRIVER_UNAVAILABLE while there is none */
  get manager(): SystemdManager {
    if (this.#current === undefined) throw busUnavailable("the connection was lost");
    return this.#current.manager;
  }

  /** Connects for the first time; it is not restored. @throws HostError DRIVER_UNAVAILABLE */
  async connect(): Promise<void> {
    await this.#connect();
  }

  /** Gives the connection up, as if it had been lost: PID 1 has to be asked everything anew. */
  drop(manager: SystemdManager): void {
    if (this.#current?.manager === manager) this.#lost(this.#current.bus, "it was given up");
  }

  close(): void {
    this.#closing.abort();
    this.#current?.bus.close();
    this.#current = undefined;
  }

  async #connect(): Promise<SystemdManager> {
    const { connect = connectSystemBus, onSignal, log } = this.#events;
    const bus = await connect(onSignal, { log });
    if (this.#closing.signal.aborted) {
      bus.close();
      throw busUnavailable("the driver was closed");
    }
    this.#current?.bus.close();
    const manager = new SystemdManager(bus);
    this.#current = { bus, manager };
    void bus.closed.then(() => this.#lost(bus, "it closed the connection"));
    return manager;
  }

  #lost(bus: BusConnection, why: string): void {
    if (this.#current?.bus !== bus) return;
    this.#current = undefined;
    bus.close();
    const error = busUnavailable(why);
    this.#events.onLost(error);
    this.#events.log(error.message);
    if (!this.#reconnecting) void this.#reconnect();
  }

  async #reconnect(): Promise<void> {
    this.#reconnecting = true;
    for (let pause = firstRetryMs; ; pause = Math.min(pause * 2, longestRetryMs)) {
      await sleep(pause, undefined, { ref: false });
      if (this.#closing.signal.aborted) return;
      const manager = await this.#restored();
      // It may have been lost again since, without another loop: this one was running.
      if (manager === undefined || this.#current?.manager !== manager) continue;
      this.#reconnecting = false;
      return this.#events.log("the system bus answers again");
    }
  }

  /** One attempt; undefined when it failed, and no connection is left of it. */
  async #restored(): Promise<SystemdManager | undefined> {
    let manager: SystemdManager | undefined;
    try {
      manager = await this.#connect();
      await this.#events.restore(manager);
      return manager;
    } catch (error) {
      if (!this.#closing.signal.aborted)
        this.#events.log(`not connected to the system bus yet: ${error instanceof Error ? error.message : error}`);
      if (manager !== undefined) this.drop(manager);
      return undefined;
    }
  }
}

import { unitPath } from "../units/unit-names.ts";
import { type BusConnection, busErrorName } from "./bus-connection.ts";

const managerPath = "/org/freedesktop/systemd1";
const manager = "org.freedesktop.systemd1.Manager";
const properties = "org.freedesktop.DBus.Properties";

/** What PID 1 lists of a unit. */
export type ListedUnit = { readonly unit: string; readonly activeState: string; readonly subState: string };

/**
 * The signals that the driver lives by; systemd(1) documents them in org.freedesktop.systemd1(5). That PID 1 has executed itself
 * anew, and has forgotten who had subscribed, every connection is told by `ownerRule`.
 */
const rules = [
  ...["JobRemoved", "Reloading"].map(
    (member) => `type='signal',sender='org.freedesktop.systemd1',path='${managerPath}',interface='${manager}',member='${member}'`,
  ),
  ...["Unit", "Service"].map(
    (name) =>
      `type='signal',sender='org.freedesktop.systemd1',interface='${properties}',member='PropertiesChanged',path_namespace='${managerPath}/unit',arg0='org.freedesktop.systemd1.${name}'`,
  ),
];

/** The calls to PID 1 that the driver makes. Each throws what `BusConnection.call` throws. */
export class SystemdManager {
  readonly #bus: BusConnection;

  constructor(bus: BusConnection) {
    this.#bus = bus;
  }

  /** From now on signals come. */
  async subscribe(): Promise<void> {
    for (const rule of rules) await this.#bus.match(rule);
    await this.resubscribe();
  }

  /** Tells PID 1 again that somebody listens. */
  async resubscribe(): Promise<void> {
    try {
      await this.#call("Subscribe");
    } catch (error) {
      if (busErrorName(error) !== "org.freedesktop.systemd1.AlreadySubscribed") throw error;
    }
  }

  /** The loaded units that fit one of the patterns. */
  async list(patterns: readonly string[]): Promise<ListedUnit[]> {
    const rows = (await this.#call("ListUnitsByPatterns", "asas", [[], patterns])) as [string, string, string, string, string][];
    return rows.map(([unit, , , activeState, subState]) => ({ unit, activeState, subState }));
  }

  /** One property of a unit, which is loaded for it. @param iface e.g. `Unit` or `Service` */
  get(unit: string, iface: string, property: string): Promise<unknown> {
    return this.#bus.call({
      path: unitPath(unit),
      interface: properties,
      member: "Get",
      signature: "ss",
      body: [`org.freedesktop.systemd1.${iface}`, property],
    });
  }

  /** Enqueues a start. @returns the job's object path */
  async start(unit: string): Promise<string> {
    return (await this.#call("StartUnit", "ss", [unit, "replace"])) as string;
  }

  /** Enqueues a stop. @returns the job's object path; undefined when the unit is not even loaded */
  async stop(unit: string): Promise<string | undefined> {
    return (await ifLoaded(this.#call("StopUnit", "ss", [unit, "replace"]))) as string | undefined;
  }

  /** Forgets a failure and the start limit. A unit that is not loaded has neither. */
  async resetFailed(unit: string): Promise<void> {
    await ifLoaded(this.#call("ResetFailedUnit", "s", [unit]));
  }

  /** Asks polkit about a unit without a change to anything: as {@link resetFailed}, but the unit is loaded first. */
  async tryResetFailed(unit: string): Promise<void> {
    await this.#bus.call({ path: unitPath(unit), interface: "org.freedesktop.systemd1.Unit", member: "ResetFailed" });
  }

  /** Resolves when every signal that PID 1 has sent up to now has arrived. */
  async barrier(): Promise<void> {
    await this.#bus.call({ path: managerPath, interface: "org.freedesktop.DBus.Peer", member: "Ping" });
  }

  #call(member: string, signature?: string, body?: readonly unknown[]): Promise<unknown> {
    return this.#bus.call({
      path: managerPath,
      interface: manager,
      member,
      ...(signature === undefined || body === undefined ? {} : { signature, body }),
    });
  }
}

async function ifLoaded(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer;
  } catch (error) {
    if (busErrorName(error) === "org.freedesktop.systemd1.NoSuchUnit") return undefined;
    throw error;
  }
}

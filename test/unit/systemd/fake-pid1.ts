import type { BusCall, BusConnection } from "../../../src/drivers/systemd/bus/bus-connection.ts";
import type { BusSignal } from "../../../src/drivers/systemd/bus/bus-signals.ts";
import { unitName, unitOfPath, unitPath } from "../../../src/drivers/systemd/units/unit-names.ts";

type Properties = Record<string, unknown>;

/** PID 1 and the bus, as one connection shows them; it may be lost and made again. */
export class FakePid1 {
  /** The properties of loaded units. */
  readonly units = new Map<string, Properties>();
  /** Called before a call is answered; may throw what the bus would say, or never end. */
  before: (call: BusCall) => unknown = () => {};
  readonly calls: string[] = [];
  /** The connections that have not been closed. */
  readonly connections = new Set<BusConnection>();
  #onSignal: (signal: BusSignal) => void = () => {};

  readonly connect = async (onSignal: (signal: BusSignal) => void): Promise<BusConnection> => {
    await this.before({ path: "", interface: "", member: "connect" });
    this.#onSignal = onSignal;
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    const connection: BusConnection = {
      call: async (call) => {
        this.calls.push(call.member);
        const answer = this.#answer(call); // as it is now: a signal may come before it is read
        await this.before(call);
        return answer;
      },
      match: async () => {},
      closed,
      close: () => {
        this.connections.delete(connection);
        resolve();
      },
    };
    this.connections.add(connection);
    return connection;
  };

  /** The connection ends. */
  lose(): void {
    for (const connection of this.connections) connection.close();
  }

  /** A property changes, and is told. */
  change(unit: string, iface: "Unit" | "Service", changed: Properties): void {
    this.units.set(unit, { ...this.units.get(unit), ...changed });
    this.signal("PropertiesChanged", [`org.freedesktop.systemd1.${iface}`, changed, []], unitPath(unit));
  }

  signal(member: string, body: readonly unknown[], path = "/org/freedesktop/systemd1"): void {
    this.#onSignal({ sender: ":1.0", path, interface: "", member, body });
  }

  #answer({ path, member, body }: BusCall): unknown {
    if (member === "ListUnitsByPatterns")
      return [...this.units].map(([unit, { ActiveState, SubState }]) => [unit, "", "loaded", ActiveState, SubState]);
    return member === "Get" ? this.units.get(unitOfPath(path) ?? "")?.[String(body?.[1])] : undefined;
  }
}

/** A server's unit, and its properties while it runs. */
export const server = unitName("server", "game");
export const running = { ActiveState: "active", SubState: "running", MainPID: 7, Job: [0, "/"], Result: "success" } as const;

import type { ResourceUsage } from "../../domain/runtime-status.ts";
import type { SystemdManager } from "./bus/systemd-manager.ts";
import { unitName } from "./units/unit-names.ts";

/** How old counters may be before PID 1 is asked again, in milliseconds: a question costs it, the bus and us a millisecond. */
const freshMs = 10_000;

/** What a unit has received and sent since it was started, loopback included. */
export type NetworkUsage = Pick<ResourceUsage, "receiveBytes" | "transmitBytes">;

type Known = { readonly invocationId: string; readonly time: number; readonly usage: NetworkUsage };

/**
 * The network counters of games, which the kernel keeps for PID 1 (IPAccounting=) and only it can tell. Whoever asks gets
 * what is known, at most ten seconds old while somebody asks; at first nothing is.
 */
export class NetworkCounters {
  readonly #manager: () => Pick<SystemdManager, "get">;
  readonly #now: () => number;
  readonly #known = new Map<string, Known>();
  readonly #asking = new Set<string>();

  /**
   * @param manager PID 1; throws while there is no connection
   * @param now milliseconds that never go back; for tests
   */
  constructor(manager: () => Pick<SystemdManager, "get">, now = () => performance.now()) {
    this.#manager = manager;
    this.#now = now;
  }

  /** The counters of the invocation that runs. Empty while they are unknown. Does not wait. */
  of(name: string, invocationId: string): NetworkUsage {
    const known = this.#known.get(name);
    const isKnown = known?.invocationId === invocationId;
    if (!isKnown || this.#now() - known.time >= freshMs) void this.#ask(name, invocationId);
    return isKnown ? known.usage : {};
  }

  /** An instance is gone. */
  forget(name: string): void {
    this.#known.delete(name);
  }

  /** Never rejects: a bus that is away leaves old counters to become older, and the next question asks again. */
  async #ask(name: string, invocationId: string): Promise<void> {
    if (this.#asking.has(name)) return;
    this.#asking.add(name);
    try {
      const ask = (property: string) => this.#manager().get(unitName("server", name), "Service", property);
      const [received, sent] = await Promise.all([ask("IPIngressBytes"), ask("IPEgressBytes")]);
      const usage = { ...counted("receiveBytes", received), ...counted("transmitBytes", sent) };
      this.#known.set(name, { invocationId, time: this.#now(), usage });
    } catch {
      // As above.
    } finally {
      this.#asking.delete(name);
    }
  }
}

/** systemd says 2^64-1 where the kernel does not count (org.freedesktop.systemd1(5)). */
function counted(name: keyof NetworkUsage, value: unknown): NetworkUsage {
  const bytes = Number(value);
  return Number.isSafeInteger(bytes) && bytes >= 0 ? { [name]: bytes } : {};
}

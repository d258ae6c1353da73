import { busErrorName } from "../bus/bus-connection.ts";
import type { SystemdManager } from "../bus/systemd-manager.ts";
import { limited } from "../limited.ts";
import type { UnitMirror } from "./unit-mirror.ts";
import { hostUnitName, parseUnitName, unitPattern } from "./unit-names.ts";
import { keptProperties } from "./unit-properties.ts";

/** The kinds of units whose state makes an instance's status. */
export const watchedKinds = ["server", "overlay"] as const;

/** The kinds of the host's own units whose state tells of an installation. */
export const watchedHostKinds = ["stage", "install"] as const;

const patterns = [...watchedKinds.map(unitPattern), ...watchedHostKinds.map(hostUnitName)];

/** Units that are read side by side: an order to PID 1 does not wait behind the reads of a hundred. */
const readersAtOnce = 8;

/** How many units are read as a whole in a round though their state is as it was: a list tells no more of them than that. */
const readInTurn = 8;

/** What these answers say is wrong with one unit, or that it went away, not with the bus. */
const ofOneUnit = /\.(UnknownObject|NoSuchUnit|LoadFailed|UnknownInterface|UnknownProperty|UnknownMethod)$/;

/** Compares a mirror with PID 1, which may have told things while nobody heard. */
export class UnitComparison {
  readonly #mirror: UnitMirror;
  readonly #changed: (name: string) => void;
  readonly #log: (message: string) => void;
  #turn: string[] = [];

  /** @param changed called with the name of an instance of which something was news, or `ofHost` */
  constructor(mirror: UnitMirror, changed: (name: string) => void, log: (message: string) => void) {
    this.#mirror = mirror;
    this.#changed = changed;
    this.#log = log;
  }

  /**
   * Reads what differs from PID 1's list. @param whole whether everything else is read too; else a few units in turn
   * @throws what the calls throw
   */
  async compare(manager: SystemdManager, whole: boolean): Promise<void> {
    const asked = this.#mirror.now;
    const listed = (await manager.list(patterns)).filter(({ unit }) => parseUnitName(unit) !== undefined);
    const names = new Set(listed.map(({ unit }) => unit));
    for (const unit of this.#mirror.units) if (!names.has(unit) && this.#mirror.unlisted(unit, asked)) this.#hasChanged(unit);
    const differing = listed.filter(({ unit, activeState, subState }) => {
      return this.#mirror.value(unit, "ActiveState") !== activeState || this.#mirror.value(unit, "SubState") !== subState;
    });
    const units = new Set([...differing.map(({ unit }) => unit), ...(whole ? names : this.#nextInTurn(names))]);
    const inTurn = limited(readersAtOnce);
    await Promise.all([...units].map((unit) => inTurn(() => this.#read(manager, unit))));
  }

  #nextInTurn(names: ReadonlySet<string>): readonly string[] {
    this.#turn = this.#turn.filter((unit) => names.has(unit));
    if (this.#turn.length === 0) this.#turn = [...names];
    return this.#turn.splice(0, readInTurn);
  }

  async #read(manager: SystemdManager, unit: string): Promise<void> {
    const asked = this.#mirror.now;
    this.#mirror.expect(unit);
    let news = false;
    const reads = Object.entries(keptProperties).flatMap(([iface, names]) =>
      names.map(async (name) => [name, await manager.get(unit, iface, name)] as const),
    );
    try {
      // Taken in at once: in between, a game would be gone without that it is known how it ended.
      for (const [name, value] of await Promise.all(reads)) if (this.#mirror.answered(unit, name, value, asked)) news = true;
    } catch (error) {
      if (!ofOneUnit.test(busErrorName(error))) throw error;
      this.#log(`${unit} could not be read: ${error instanceof Error ? error.message : error}`);
    }
    if (news) this.#hasChanged(unit);
  }

  #hasChanged(unit: string): void {
    const parsed = parseUnitName(unit);
    if (parsed !== undefined) this.#changed(parsed.name);
  }
}

import { isDeepStrictEqual } from "node:util";
import type { PropertyBag } from "./unit-properties.ts";

/** A moment in the order in which signals were taken in. */
export type Moment = number;

/** `signalled`: when a signal has last told it; 0 = never. */
type Property = { readonly value: unknown; readonly signalled: Moment };

type Mirrored = { lastSignal: Moment; readonly properties: Map<string, Property> };

/** What a unit has when PID 1 does not list it any more: inactive, and collected. How it ended is still true. */
const unloadedProperties = { ActiveState: "inactive", SubState: "dead", Result: "success", MainPID: 0, Job: undefined };

/**
 * The properties of units, as signals and answers have told them. A signal counts more than an answer that was asked for
 * before it came: the answer may be older, since the library hands out all signals of a chunk before the answers in it. If it
 * was newer, and the property had changed once more, PID 1 has sent another signal.
 */
export class UnitMirror {
  readonly #units = new Map<string, Mirrored>();
  #signals: Moment = 0;

  /** To be taken when something is asked, and given with its answer. */
  get now(): Moment {
    return this.#signals;
  }

  /** The units of which anything is known. */
  get units(): readonly string[] {
    return [...this.#units.keys()];
  }

  value(unit: string, property: string): unknown {
    return this.#units.get(unit)?.properties.get(property)?.value;
  }

  bag(unit: string): PropertyBag {
    return new Map([...(this.#units.get(unit)?.properties ?? [])].map(([name, { value }]) => [name, value]));
  }

  /** From now on answers about the unit count. */
  expect(unit: string): void {
    this.#of(unit);
  }

  forget(unit: string): void {
    this.#units.delete(unit);
  }

  /** A signal has told properties. @param kept the names that matter */
  signalled(unit: string, changed: object, kept: readonly string[]): void {
    this.#signals += 1;
    const mirrored = this.#of(unit);
    mirrored.lastSignal = this.#signals;
    for (const [name, value] of Object.entries(changed)) {
      if (kept.includes(name)) mirrored.properties.set(name, { value, signalled: this.#signals });
    }
  }

  /** An answer has told a property. @returns whether it is news */
  answered(unit: string, property: string, value: unknown, asked: Moment): boolean {
    const mirrored = this.#units.get(unit);
    const known = mirrored?.properties.get(property);
    if (mirrored === undefined || asked < (known?.signalled ?? 0)) return false;
    mirrored.properties.set(property, { value, signalled: known?.signalled ?? 0 });
    return !isDeepStrictEqual(known?.value, value);
  }

  /** A list has not told of the unit. @returns whether it is news */
  unlisted(unit: string, asked: Moment): boolean {
    const mirrored = this.#units.get(unit);
    if (mirrored === undefined || asked < mirrored.lastSignal || this.value(unit, "ActiveState") === "inactive") return false;
    for (const [name, value] of Object.entries(unloadedProperties)) this.answered(unit, name, value, asked);
    return true;
  }

  #of(unit: string): Mirrored {
    const known = this.#units.get(unit);
    if (known !== undefined) return known;
    const mirrored = { lastSignal: this.#signals, properties: new Map() };
    this.#units.set(unit, mirrored);
    return mirrored;
  }
}

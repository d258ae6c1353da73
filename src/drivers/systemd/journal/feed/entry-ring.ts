import { type LogEntry, type LogGapReason, textSize } from "../../../../domain/log-entry.ts";
import { isAtLeast, type LogPosition } from "./log-position.ts";
import type { BudgetedRing, RingBudget } from "./ring-budget.ts";

/** An entry of a log, or a hole in it. */
export type RingItem = { readonly position: LogPosition } & ({ readonly entry: LogEntry } | { readonly gap: LogGapReason });

/** What is kept at most. */
export type RingLimits = { readonly items: number; readonly bytes: number };

/** Besides its text. */
const itemBytes = 600;

/**
 * The newest items of one log. Items have numbers that never change; a reader holds a number and nothing else, so readers
 * cost nothing, and one that is too slow finds its number below {@link first} and knows how much it has missed.
 */
export class EntryRing implements BudgetedRing {
  #items: RingItem[] = [];
  /** Items of the array that are gone; cut off in one go. */
  #gone = 0;
  #first = 0;
  #bytes = 0;
  #before: LogPosition;
  #limits: RingLimits;
  /** Undefined once it has left. */
  #budget: RingBudget | undefined;

  constructor(before: LogPosition, limits: RingLimits, budget: RingBudget) {
    this.#before = before;
    this.#limits = limits;
    this.#budget = budget;
    budget.join(this);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The number of the first item. */
  get first(): number {
    return this.#first;
  }
  /** The number that the next item gets. */
  get end(): number {
    return this.#first + this.#items.length - this.#gone;
  }
  /** The position before the first item: the log behind it is here, all of it. */
  get before(): LogPosition {
    return this.#before;
  }
  /** The position behind the last item. */
  get last(): LogPosition {
    return this.#items.at(-1)?.position ?? this.#before;
  }

  /** Begins elsewhere, as long as it is empty. */
  beginAt(position: LogPosition): void {
    if (this.end === this.#first) this.#before = position;
  }

  push(item: RingItem): void {
    this.#items.push(item);
    this.#keep(this.#bytes + itemSize(item));
  }

  /** Puts older items before the first, if none has been dropped since they were read. @returns whether it did */
  prepend(items: readonly RingItem[], before: LogPosition, upTo: LogPosition): boolean {
    if (this.#before !== upTo) return false;
    this.#items = [...items, ...this.#items.slice(this.#gone)];
    this.#gone = 0;
    this.#first -= items.length;
    this.#before = before;
    this.#keep(this.#items.reduce((sum, item) => sum + itemSize(item), 0));
    return true;
  }

  limit(limits: RingLimits): void {
    this.#limits = limits;
    this.#keep(this.#bytes);
  }

  release(bytes: number): number {
    const before = this.#bytes;
    while (this.end > this.#first && before - this.#bytes < bytes) this.#dropOldest();
    this.#cutOff();
    return before - this.#bytes;
  }

  /** Counts no longer: nobody begins to read it. */
  leaveBudget(): void {
    this.#budget?.leave(this);
    this.#budget = undefined;
  }

  /** The item with a number; undefined when it is gone or not there yet. */
  at(number: number): RingItem | undefined {
    return number < this.#first ? undefined : this.#items[number - this.#first + this.#gone];
  }

  /** The number of the first item behind a position that is not before {@link before}. */
  numberBehind(position: LogPosition): number {
    let low = this.#first;
    let high = this.end;
    while (low < high) {
      const middle = (low + high) >> 1;
      const item = this.at(middle);
      if (item !== undefined && isAtLeast(position, item.position)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Keeps what the limits allow of so many bytes, and tells the budget. */
  #keep(bytes: number): void {
    const before = this.#bytes;
    this.#bytes = bytes;
    while (this.end > this.#first && (this.end - this.#first > this.#limits.items || this.#bytes > this.#limits.bytes)) this.#dropOldest();
    this.#cutOff();
    this.#budget?.change(this.#bytes - before);
  }

  #dropOldest(): void {
    const item = this.#items[this.#gone];
    if (item === undefined) return;
    this.#before = item.position;
    this.#bytes -= itemSize(item);
    this.#first += 1;
    this.#gone += 1;
  }

  #cutOff(): void {
    if (this.#gone <= 64 || this.#gone * 2 <= this.#items.length) return;
    this.#items = this.#items.slice(this.#gone);
    this.#gone = 0;
  }
}

/** What an item costs, roughly, in bytes. */
export function itemSize(item: RingItem): number {
  return itemBytes + ("entry" in item ? textSize(item.entry) : 0);
}

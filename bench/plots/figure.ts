import type { SavedResult } from "../results.ts";

/** A figure of a result: `value`, `floor`, `peer`, or the name of one of `further`. Undefined when the result has none of it. */
export function figureOf(result: SavedResult, name: string): number | undefined {
  if (name === "value" || name === "floor" || name === "peer") return result[name];
  return result.further[name]?.value;
}

/** A figure as people read it: three digits that count, thousands set apart. */
export function shown(value: number): string {
  const rounded = Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(3));
  return String(rounded).replace(/\B(?=(\d{3})+$)/g, " ");
}

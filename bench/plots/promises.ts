import type { SavedResult } from "../results.ts";

/** One limit, and what was measured of it. */
export type Promised = {
  readonly bench: string;
  /** Name of the figure within the bench; empty for the bench's own. */
  readonly figure: string;
  readonly unit: string;
  readonly value: number;
  /** What it is compared with in the same run. */
  readonly against?: { readonly what: "floor" | "peer"; readonly value: number; readonly ratio: number };
  /** By which of the two the limit goes. */
  readonly of: "value" | "ratio";
  readonly most: number;
  /** What the limit is compared with: the value, or its ratio to what it is compared with. */
  readonly measured: number;
};

/** Every limit of a bench. */
export function promisesOf({ name, unit, value, floor, peer, ratio, limit, further }: SavedResult): Promised[] {
  const [what, other] = floor === undefined ? (["peer", peer] as const) : (["floor", floor] as const);
  const own: Promised = {
    bench: name,
    figure: "",
    unit,
    value,
    ...(other === undefined ? {} : { against: { what, value: other, ratio } }),
    of: limit.of,
    most: limit.most,
    measured: limit.of === "ratio" ? ratio : value,
  };
  const others = Object.entries(further).flatMap(([figure, { value: measured, unit: its, most }]): Promised[] =>
    most === undefined ? [] : [{ bench: name, figure, unit: its, value: measured, of: "value", most, measured }],
  );
  return [own, ...others];
}

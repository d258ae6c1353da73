/** A measurement against a floor or a peer in the same run. */
export type Bench = {
  /** What it measures, in one line. */
  readonly title: string;
  run(options: BenchOptions): Promise<BenchResult>;
};

export type BenchOptions = {
  /** How often each side is measured. */
  readonly runs: number;
  /** Tells a person what goes on. */
  log(text: string): void;
};

/** The machine-readable last line. `ratio` is `value` divided by `floor` or `peer`. */
export type BenchResult = {
  readonly unit: string;
  readonly value: number;
  readonly floor?: number;
  readonly peer?: number;
  /** What must not be exceeded, and by which of the two. */
  readonly limit: { readonly of: "value" | "ratio"; readonly most: number };
  /** Further figures, each with its own limit where there is one. */
  readonly further?: Readonly<Record<string, { readonly value: number; readonly unit: string; readonly most?: number }>>;
};

/** The median; of an even number of values the lower middle one. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}

/** The value below which a share of all values lies, e.g. 0.99. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Milliseconds that something takes. */
export async function timed(act: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await act();
  return performance.now() - began;
}

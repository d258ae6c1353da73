/** What became of a test. */
export type Outcome = "passed" | "failed" | "skipped";

export type Result = {
  readonly id: string;
  readonly promise: string;
  readonly outcome: Outcome;
  readonly milliseconds: number;
  /** Why it was skipped, or why a failure is excepted; or that an exception is no longer needed. */
  readonly note?: string;
  /** What failed, with its stack where there is one. */
  readonly error?: string;
};

export type Report = {
  readonly address: string;
  readonly protocol: string;
  /** The host's driver, version and id as GetHost tells them. */
  readonly driver: string;
  readonly version: string;
  readonly hostId: string;
  readonly milliseconds: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly results: readonly Result[];
};

/** Counts the outcomes. */
export function tally(results: readonly Result[]): Record<Outcome, number> {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { outcome } of results) counts[outcome] += 1;
  return counts;
}

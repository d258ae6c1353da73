/** A longer proof: seeded, repeatable, with a short form for CI. */
export type Evidence = {
  /** What it does, in one line. */
  readonly title: string;
  /** How often it does it: in CI, and when its result is to be saved. */
  readonly rounds: { readonly short: number; readonly long: number };
  run(options: EvidenceOptions): Promise<EvidenceResult>;
};

export type EvidenceOptions = {
  readonly seed: number;
  readonly rounds: number;
  /** Tells a person what goes on. */
  log(text: string): void;
};

export type EvidenceResult = {
  /** What was wrong; empty when the proof holds. */
  readonly problems: readonly string[];
  readonly figures: Readonly<Record<string, unknown>>;
};

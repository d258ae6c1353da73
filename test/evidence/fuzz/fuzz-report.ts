/** What went wrong, and with what. */
export type Fault = {
  /** crash: an error that is not promised; wrong: an answer that breaks the property; hang: no answer in time. */
  readonly kind: "crash" | "wrong" | "escape" | "hang" | "memory";
  readonly text: string;
  /** In base64. */
  readonly input: string;
};

/** What a worker found out about one target. */
export type FuzzReport = {
  readonly inputs: number;
  readonly taken: number;
  readonly refused: number;
  /** Inputs that reached something new; the smaller set of them that reaches as much when it was asked for. */
  readonly corpus: readonly Uint8Array[];
  /** The share of the guiding modules' code that ran, 0 to 1. */
  readonly reached: number;
  /** Parts of paths that were to guide the search, and that no module has: it was moved. */
  readonly blind: readonly string[];
  readonly slowestMs: number;
  readonly heapMiB: number;
  readonly faults: readonly Fault[];
};

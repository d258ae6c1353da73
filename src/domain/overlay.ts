/** An overlay that the host keeps; the contract's Overlay. */
export type Overlay = {
  readonly ref: string;
  /** Put there by hand: neither replaced nor removed by the host. */
  readonly mutable: boolean;
  /** `sha256-…`; "" for a mutable one. */
  readonly version: string;
  /** The sum of its files' sizes. Undefined = unknown: of one put there by hand that is large or cannot be read. */
  readonly sizeBytes?: number;
  readonly files?: number;
  /** The instances whose specifications name it. */
  readonly usedBy: readonly string[];
  readonly publishTime?: Date;
  /** For a mutable one: it was edited while running games use it. */
  readonly editedInUse: boolean;
};

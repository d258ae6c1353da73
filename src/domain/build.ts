/** An immutable build of the game; the contract's Build. */
export type Build = {
  /** Derived from its content. */
  readonly id: string;
  /** "" when it has no Steam manifest. */
  readonly steamBuildId: string;
  readonly active: boolean;
  readonly publishTime: Date;
  readonly sizeBytes: number;
  readonly files: number;
  /** The instances whose running games use it. */
  readonly usedBy: readonly string[];
  /** The number of layers that it is stored in. */
  readonly layerCount: number;
};

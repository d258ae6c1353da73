/** What a reset kept of an instance's files; the contract's Archive. */
export type Archive = {
  /** See `archive-id.ts`. */
  readonly id: string;
  readonly createTime: Date;
  /** On disk. */
  readonly sizeBytes: number;
  /** The build that the game ran on; "" when that is not known any more. */
  readonly buildId: string;
};

import type { ArchiveLimits } from "../unpack/archive-limits.ts";

/** Options of the stores that publish trees. */
export type StoreOptions = {
  /** Default: `defaultArchiveLimits`. */
  readonly limits?: Partial<ArchiveLimits>;
  /** Told of what failed and stands in nobody's way. Default: nobody is. */
  readonly onProblem?: (problem: string) => void;
  /** Called before each step that changes what a crash would leave; tests look at the disk, or fail, there. Default: nothing. */
  readonly atStep?: (step: string) => void | Promise<void>;
};

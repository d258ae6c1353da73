import type { Host } from "../../../src/gen/left4me/host/v1/host_service_pb.ts";
import type { TestContext } from "../fixtures/test-context.ts";

/**
 * When a test runs.
 *
 * - `first`: one by one, before the suite's build is imported and activated.
 * - `parallel`: a few at a time.
 * - `patient`: it mostly waits, so it takes no slot from the others.
 * - `last`: one by one, when all others are done, because it changes what they rely on (the active build).
 */
export type Lane = "first" | "parallel" | "patient" | "last";

/** What a test may ask of a host; the answer is why it cannot run there, or undefined. */
export type Need = (place: Place) => string | undefined;

/** What {@link Need}s look at. */
export type Place = { readonly host: Host; readonly isLocal: boolean; readonly allowsSlow: boolean; readonly hadBuild: boolean };

export type TestOptions = {
  /** Default: `parallel`. */
  readonly lane?: Lane;
  /** Default: 180. */
  readonly limitSeconds?: number;
  /** Default: none. */
  readonly needs?: readonly Need[];
};

/** One promise and its proof. */
export type ConformanceTest = {
  /** `<area>/<slug>`, stable: exceptions and `--only` name it. */
  readonly id: string;
  /** A sentence of the contract's comments, verbatim; what stands elsewhere begins with `Design: `. */
  readonly promise: string;
  readonly lane: Lane;
  readonly limitSeconds: number;
  readonly needs: readonly Need[];
  readonly run: (t: TestContext) => Promise<void>;
};

/** Declares a test of an area. */
export type Declare = (slug: string, promise: string, run: (t: TestContext) => Promise<void>, options?: TestOptions) => void;

/** Collects the tests of an area. */
export function area(name: string, declare: (test: Declare) => void): ConformanceTest[] {
  const tests: ConformanceTest[] = [];
  declare((slug, promise, run, { lane = "parallel", limitSeconds = 180, needs = [] } = {}) => {
    tests.push({ id: `${name}/${slug}`, promise, lane, limitSeconds, needs, run });
  });
  return tests;
}

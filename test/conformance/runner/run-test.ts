import { ConnectError } from "@connectrpc/connect";
import type { TestContext } from "../fixtures/test-context.ts";
import { within } from "../fixtures/within.ts";
import type { Result } from "./result.ts";
import type { ConformanceTest, Place } from "./test-case.ts";

/** What {@link runTest} needs besides the test. */
export type RunOptions = {
  readonly place: Place;
  /** Why this test may fail with this driver; undefined when it may not. */
  readonly exception: string | undefined;
  readonly open: (id: string) => TestContext;
};

/** Runs one test and cleans up behind it. Never rejects. */
export async function runTest(test: ConformanceTest, { place, exception, open }: RunOptions): Promise<Result> {
  const { id, promise } = test;
  const begin = performance.now();
  const done = (rest: Pick<Result, "outcome" | "note" | "error">): Result => ({
    id,
    promise,
    milliseconds: Math.round(performance.now() - begin),
    ...rest,
  });
  const reason = test.needs.map((need) => need(place)).find((text) => text !== undefined);
  if (reason !== undefined) return done({ outcome: "skipped", note: reason });
  const limitSeconds = exception === undefined ? test.limitSeconds : exceptedSeconds;
  const error = await failureOf(test, limitSeconds, open);
  if (error === undefined)
    return done({
      outcome: "passed",
      ...(exception === undefined ? {} : { note: `passes although excepted (${exception}): remove the exception` }),
    });
  if (exception !== undefined) return done({ outcome: "skipped", note: `excepted: ${exception}`, error: describe(error) });
  return done({ outcome: "failed", error: describe(error) });
}

/** What an excepted test may take: it runs only to find out whether its exception is still needed. */
const exceptedSeconds = 5;

/** What the test, or else its clean-up, throws. */
async function failureOf(test: ConformanceTest, limitSeconds: number, open: (id: string) => TestContext): Promise<unknown> {
  const t = open(test.id);
  let failure: unknown;
  try {
    await within(limitSeconds, "the test", test.run(t));
  } catch (error) {
    failure = error ?? new Error("the test threw nothing");
  }
  try {
    await within(60, "the clean-up", t.close());
  } catch (error) {
    failure ??= new Error("the clean-up failed", { cause: error });
  }
  return failure;
}

/** An error for people: its stack, its causes, and the details of a status. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const details = error instanceof ConnectError ? detailsOf(error) : "";
  const cause = error.cause === undefined || error instanceof ConnectError ? "" : `\ncaused by ${describe(error.cause)}`;
  return `${error.stack ?? error.message}${details}${cause}`;
}

function detailsOf(error: ConnectError): string {
  return error.details
    .map((detail) => ("debug" in detail && detail.debug !== undefined ? `\n  ${JSON.stringify(detail.debug)}` : ""))
    .join("");
}

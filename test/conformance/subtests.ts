import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { type ConformanceOptions, runConformance } from "./run.ts";
import type { Report, Result } from "./runner/result.ts";

/** Runs the suite within a test. Each result becomes a subtest when it is known: a file that says nothing is taken for one that hangs. */
export async function runAsSubtests(t: TestContext, options: ConformanceOptions): Promise<Report> {
  const told: Promise<void>[] = [];
  const tell = ({ id, outcome, note, error }: Result) =>
    t.test(id, (subtest) => {
      if (outcome === "skipped") subtest.skip(note ?? "");
      else assert.equal(outcome, "passed", error);
    });
  const report = await runConformance({
    ...options,
    report: (result) => {
      options.report?.(result);
      told.push(tell(result));
    },
  });
  await Promise.all(told);
  return report;
}

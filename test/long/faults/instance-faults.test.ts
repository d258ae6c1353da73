import assert from "node:assert/strict";
import { test } from "node:test";
import { failAtEveryStep } from "./every-step.ts";
import { instanceMutations } from "./mutations.ts";

for (const mutation of instanceMutations) {
  test(`${mutation.what}: whichever step fails, there is the old state or the new one, and the next call works`, async (t) => {
    const { faults, problems } = await failAtEveryStep(mutation);
    t.diagnostic(`${faults} faults`);
    assert.deepEqual(problems, []);
    assert.ok(faults >= (mutation.steps ?? 4), "a mutation has steps");
  });
}

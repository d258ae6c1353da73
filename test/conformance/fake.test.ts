import assert from "node:assert/strict";
import { test } from "node:test";
import { createFakeHost } from "../../src/testing/index.ts";
import { runAsSubtests } from "./subtests.ts";

test("the published fake keeps every promise of the contract that needs no kernel", async (t) => {
  await using fake = await createFakeHost({ withoutBuild: true });
  const { results } = await runAsSubtests(t, { address: fake.address, ports: [27_801, 27_999] });
  assert.deepEqual(
    results.filter(({ outcome, note }) => outcome === "passed" && note !== undefined).map(({ id, note }) => `${id}: ${note}`),
    [],
  );
});

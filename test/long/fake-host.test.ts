import assert from "node:assert/strict";
import { mkdtemp, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createFakeHost } from "../../src/testing/index.ts";
import { exceptions } from "../conformance/exceptions.ts";
import type { Result } from "../conformance/runner/result.ts";
import { runAsSubtests } from "../conformance/subtests.ts";

/** Uploads are synced to the disk; memory spares the machine some thousand syncs. */
async function fastDirectory(): Promise<string> {
  const memory = await statfs("/dev/shm").catch(() => undefined);
  const isLarge = memory !== undefined && memory.bavail * memory.bsize > 1024 ** 3;
  return mkdtemp(join(isLarge ? "/dev/shm" : tmpdir(), "left4me-conformance-fake-"));
}

test("the fake host keeps every promise of the contract that needs no kernel", async (t) => {
  const root = await fastDirectory();
  t.after(() => rm(root, { recursive: true, force: true }));
  // As slow to print its first line as a real game, so that calls are over by then; the long waits of a real host are shortened.
  await using fake = await createFakeHost({ root, withoutBuild: true, bootMs: 40, killAfterMs: 10_200, heartbeatSeconds: 5 });
  fake.steam({ prepareMs: 60, downloadMs: 60, verifyMs: 20 });
  // The one test that measures the patience with a game that does not end; others only wait for it.
  const report = ({ id }: Result) => {
    if (id === "lifecycle/stop-kills-what-does-not-end") fake.behaviour.killAfterMs = 500;
  };
  const { results } = await runAsSubtests(t, { address: fake.address, ports: [27850, 27999], report });
  const passes = results.filter(({ outcome }) => outcome === "passed").map(({ id }) => id);
  const stale = passes.filter((id) => exceptions["fake"]?.[id] !== undefined);
  assert.deepEqual(stale, [], "they pass, so that their exceptions are to be removed");
});

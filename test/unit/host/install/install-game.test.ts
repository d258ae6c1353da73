import assert from "node:assert/strict";
import { test } from "node:test";
import type { InstallJob } from "../../../../src/domain/install-job.ts";
import type { HostContext } from "../../../../src/host/host-context.ts";
import { installGame } from "../../../../src/host/install/install-game.ts";

const { signal } = new AbortController();
const request = { jobId: "one", afterSequence: 0, validate: false, keepActiveBuild: false, bootstrap: false };

test("a job that failed is told so, also to a reader behind whom another job has begun", async () => {
  const failed = { id: "one", phase: "FAILED" } as InstallJob;
  const jobs = {
    current: { id: "two", phase: "PREPARING" },
    follow: async function* () {
      yield { type: "job", job: failed };
    },
  };
  const context = { jobs, closing: signal } as unknown as HostContext;
  const events = installGame(context, request, { identity: "test", signal });
  assert.deepEqual((await events.next()).value, { type: "job", job: failed });
  await assert.rejects(events.next(), { reason: "INTERNAL", message: "the installation one failed" });
});

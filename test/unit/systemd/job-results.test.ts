import assert from "node:assert/strict";
import { test } from "node:test";
import { JobResults } from "../../../src/drivers/systemd/bus/job-results.ts";

const order = { verb: "stop", unit: "left4me-server@a.service" } as const;

test("all who wait for one job are told its end", async () => {
  const jobs = new JobResults();
  const waiting = [jobs.of("/job/1", order), jobs.of("/job/1", order)];
  jobs.ended("/job/1", "done");
  // The answer that names the job was read behind its end, although another had waited for it.
  assert.deepEqual(await Promise.all([...waiting, jobs.of("/job/1", order)]), ["done", "done", "done"]);
});

test("all who wait for one job are told that no end will come", async () => {
  const jobs = new JobResults();
  const waiting = [jobs.of("/job/1", order), jobs.of("/job/1", order)];
  jobs.fail(new Error("the bus is gone"));
  for (const each of waiting) await assert.rejects(each, /the bus is gone/);
  // Its number may be another job's now.
  const next = jobs.of("/job/1", order);
  jobs.ended("/job/1", "canceled");
  assert.equal(await next, "canceled");
});

test("a job that copies as much as there is takes as long as it takes", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const jobs = new JobResults();
  const waiting = jobs.of("/job/1", { verb: "start", unit: "left4me-restore@a.service", isUnlimited: true });
  t.mock.timers.tick(24 * 3_600_000);
  jobs.ended("/job/1", "done");
  assert.equal(await waiting, "done");
});

test("all who wait for a job that does not end are told after three minutes", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const jobs = new JobResults();
  const waiting = [jobs.of("/job/1", order), jobs.of("/job/1", order)];
  t.mock.timers.tick(180_000);
  for (const each of waiting) await assert.rejects(each, { reason: "HELPER_FAILED", message: /did not end within 180 s/ });
});

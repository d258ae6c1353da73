import assert from "node:assert/strict";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { type InstallJob, type InstallLine, InstallPhase } from "../../../src/gen/left4me/host/v1/install_job_pb.ts";
import type { InstallGameRequestSchema } from "../../../src/gen/left4me/host/v1/installation_service_pb.ts";
import { allBuilds } from "../fixtures/list-all.ts";
import { refusal, refusalOf } from "../fixtures/refusal.ts";
import type { TestContext } from "../fixtures/test-context.ts";
import { within } from "../fixtures/within.ts";
import { offers } from "../runner/needs.ts";
import { area, type Declare } from "../runner/test-case.ts";

/** An installation may take so long: on a host with the real Steam it downloads the game. */
const limitSeconds = 3600;

type Installation = {
  readonly jobs: readonly InstallJob[];
  readonly lines: readonly InstallLine[];
  /** What came, in its order. */
  readonly told: readonly (string | undefined)[];
  readonly error: unknown;
};

/** Follows an installation to its end, whatever that is. */
async function install(
  t: TestContext,
  request: MessageInitShape<typeof InstallGameRequestSchema>,
  onJob = (_: InstallJob) => {},
): Promise<Installation> {
  const jobs: InstallJob[] = [];
  const lines: InstallLine[] = [];
  const told: (string | undefined)[] = [];
  const read = async () => {
    for await (const { event } of t.connect().installation.installGame(request)) {
      told.push(event.case);
      if (event.case === "line") lines.push(event.value);
      if (event.case !== "job") continue;
      jobs.push(event.value);
      onJob(event.value);
    }
  };
  const error = await within(limitSeconds, "the installation", read()).then(
    () => undefined,
    (caught: unknown) => caught,
  );
  return { jobs, lines, told, error };
}

/** One that is to succeed, beside the active build. */
async function installed(
  t: TestContext,
  request: MessageInitShape<typeof InstallGameRequestSchema> = {},
): Promise<Installation & { readonly last: InstallJob }> {
  const suiteBuild = t.world.build?.id ?? "";
  t.defer(() => t.world.connect().installation.activateBuild({ buildId: suiteBuild }));
  const installation = await install(t, { keepActiveBuild: true, ...request });
  const last = installation.jobs.at(-1);
  assert.equal(installation.error, undefined, String(installation.error));
  assert.equal(last?.phase, InstallPhase.SUCCEEDED);
  return { ...installation, last };
}

export const installTests = area("install", (declare) => {
  // They share the host's one job, and change its builds.
  const test: Declare = (slug, promise, run) => declare(slug, promise, run, { lane: "last", needs: [offers("installGame")] });

  test("tells-the-job-and-its-lines", "Whether it made `build_id` the active build.", async (t) => {
    const before = t.world.build?.id ?? "";
    const { jobs, lines, last } = await installed(t, { keepActiveBuild: false });
    const [first] = jobs;
    assert.ok(first !== undefined && first.id !== "" && first.startTime !== undefined && first.caller !== "");
    assert.deepEqual([first.baseBuildId, first.buildId, first.endTime], [before, "", undefined]);
    assert.deepEqual(new Set(jobs.map(({ id }) => id)).size, 1);
    assert.deepEqual([last.activated, last.failure], [true, undefined]);
    assert.ok(last.endTime !== undefined);
    assert.deepEqual(
      lines.map(({ sequence }) => Number(sequence)),
      lines.map((_, index) => index + 1),
    );
    const { activeBuild, job, logLines } = await t.api.installation.getInstallation({});
    assert.deepEqual([activeBuild?.id, job?.id, job?.buildId], [last.buildId, last.id, last.buildId]);
    assert.deepEqual(
      logLines.map(({ text }) => text),
      lines.slice(-200).map(({ text }) => text),
    );
    const builds = await allBuilds(t.api);
    assert.ok(builds.some(({ id, active }) => id === last.buildId && active));
    assert.ok(
      builds.some(({ id }) => id === before),
      "the one that was active before stays",
    );
  });

  test("keeps-the-active-build-if-asked", "Leaves the active build as it is.", async (t) => {
    const { last } = await installed(t);
    const { activeBuild } = await t.api.installation.getInstallation({});
    assert.deepEqual([last.activated, activeBuild?.id], [false, t.world.build?.id]);
  });

  test("same-build-publishes-nothing", "Whether the host had the build already, so that nothing was published.", async (t) => {
    const first = await installed(t);
    const before = (await allBuilds(t.api)).map(({ id }) => id);
    const again = await installed(t);
    assert.deepEqual([again.last.upToDate, again.last.buildId], [true, first.last.buildId]);
    assert.deepEqual(
      (await allBuilds(t.api)).map(({ id }) => id),
      before,
    );
  });

  test("later-callers-attach", "Idempotent while a job runs: later callers attach to it, and their options are ignored.", async (t) => {
    const begun = Promise.withResolvers<void>();
    const first = install(t, { keepActiveBuild: true }, () => begun.resolve());
    await begun.promise;
    const second = await installed(t, { keepActiveBuild: false });
    const last = (await first).jobs.at(-1);
    assert.deepEqual([second.last.id, second.last.keepActiveBuild, second.last.activated], [last?.id, true, false]);
  });

  test("a-client-that-leaves-cancels-nothing", "A client that leaves cancels nothing, and the job outlives the daemon", async (t) => {
    const stream = t.connect().installation.installGame({ keepActiveBuild: true })[Symbol.asyncIterator]();
    const { event } = (await stream.next()).value ?? {};
    assert.equal(event?.case, "job");
    const jobId = event.case === "job" ? event.value.id : "";
    await stream.return?.();
    const { last, lines } = await installed(t, { jobId });
    assert.equal(last.id, jobId);
    assert.equal(lines[0]?.sequence, 1n, "the lines from before it left are there");
  });

  test("resumes-behind-a-line", "Sends only the lines behind this sequence number; only with `job_id`.", async (t) => {
    const { lines, last } = await installed(t);
    const resumed = await installed(t, { jobId: last.id, afterSequence: BigInt(lines.length - 2) });
    assert.deepEqual(
      resumed.lines.map(({ sequence, text }) => [sequence, text]),
      lines.slice(-2).map(({ sequence, text }) => [sequence, text]),
    );
    const { error } = await install(t, { afterSequence: 3n });
    refusalOf(error, "INVALID_REQUEST", { field: "after_sequence" });
  });

  test("an-ended-job-tells-its-end-behind-its-lines", "the lines come first and the last state behind them.", async (t) => {
    const begun = await installed(t);
    assert.equal(begun.told[0], "job");
    const ended = await installed(t, { jobId: begun.last.id });
    assert.ok(ended.lines.length > 0);
    assert.deepEqual(ended.told, [...ended.lines.map(() => "line"), "job"]);
  });

  test("cancelled", "with ABORTED / INSTALL_CANCELLED when it was cancelled", async (t) => {
    const before = (await allBuilds(t.api)).map(({ id }) => id);
    let answer: Promise<unknown> | undefined;
    const { jobs, error } = await install(t, { keepActiveBuild: true }, ({ id, phase }) => {
      if (phase === InstallPhase.PREPARING) answer ??= t.api.installation.cancelInstall({ jobId: id });
    });
    refusalOf(error, "INSTALL_CANCELLED", { job: jobs[0]?.id ?? "" });
    assert.equal(jobs.at(-1)?.phase, InstallPhase.CANCELLED);
    assert.equal(((await answer) as { changed: boolean }).changed, true);
    assert.deepEqual(
      (await allBuilds(t.api)).map(({ id }) => id),
      before,
    );
  });

  test("cancelling-nothing-changes-nothing", "Idempotent: without a running job it answers `changed = false`.", async (t) => {
    assert.equal((await t.api.installation.cancelInstall({})).changed, false);
    await refusal(t.api.installation.cancelInstall({ jobId: "no-such-job" }), "JOB_NOT_FOUND", { job: "no-such-job" });
  });
});

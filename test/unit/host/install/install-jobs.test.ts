import assert from "node:assert/strict";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { HostError } from "../../../../src/domain/host-error.ts";
import { hostLayout } from "../../../../src/domain/host-layout.ts";
import type { InstallJob } from "../../../../src/domain/install-job.ts";
import type { InstallEvent } from "../../../../src/host/api.ts";
import { BuildStore } from "../../../../src/host/builds/build-store.ts";
import { InstallJobs, type InstallJobsContext } from "../../../../src/host/install/install-jobs.ts";
import { hostError, scratch } from "../unpack/scratch.ts";
import { ScriptedRunner } from "./scripted-runner.ts";

const never = new AbortController().signal;
const plain = { validate: false, keepActiveBuild: false, bootstrap: false };
const game = { srcds_run: "#!/bin/sh\n", srcds_linux: "#!/bin/sh\n", "steamapps/appmanifest_222860.acf": `"buildid" "1"\n` };

test("a job publishes what the installer wrote; callers see phases, figures and lines, and it is the active build", async (context) => {
  const { jobs, runner, builds } = await opened(context);
  const { id } = await jobs.begin({ ...plain, validate: true }, "operator@unix");
  const told = collect(jobs.follow(id, 0, never));
  await until(() => runner.starts.length === 1);
  assert.deepEqual(runner.starts[0], { order: { job: id, validate: true, bootstrap: false }, layers: [] });
  await runner.tell({ type: "line", time: 1000, text: "one" });
  await runner.tell({ type: "progress", phase: "DOWNLOADING", percent: 25, doneBytes: 25, totalBytes: 100 });
  await until(() => jobs.current?.phase === "DOWNLOADING");
  assert.deepEqual(figures(jobs.current), { percent: 25, doneBytes: 25, totalBytes: 100 });
  await runner.tell({ type: "line", time: 2000, text: "two" });
  await runner.succeed(game);
  const events = await told;
  const last = events.at(-1);
  assert.ok(last?.type === "job");
  assert.equal(last.job.phase, "SUCCEEDED");
  assert.deepEqual([last.job.buildId, last.job.activated, last.job.upToDate], [builds.active()?.id, true, false]);
  assert.ok(last.job.endTime !== undefined && last.job.caller === "operator@unix");
  assert.deepEqual(lines(events), ["1 one", "2 two"]);
  assert.deepEqual(
    [...new Set(phases(events))].filter((phase) => phase !== "PUBLISHING"),
    ["PREPARING", "DOWNLOADING", "SUCCEEDED"],
  );
});

test("later callers attach, see only lines behind their number, and one that leaves cancels nothing", async (context) => {
  const { jobs, runner } = await opened(context);
  const first = await jobs.begin(plain, "a");
  await until(() => runner.starts.length === 1);
  assert.equal((await jobs.begin({ ...plain, validate: true }, "b")).id, first.id);
  for (const text of ["one", "two", "three"]) await runner.tell({ type: "line", time: 1, text });
  await until(() => jobs.lines(9).length === 3);
  const leaving = new AbortController();
  const left = collect(jobs.follow(first.id, 0, leaving.signal));
  leaving.abort(new Error("left"));
  await assert.rejects(left, /left/);
  const told = collect(jobs.follow(first.id, 2, never));
  await runner.succeed(game);
  assert.deepEqual(lines(await told), ["3 three"]);
  assert.equal(runner.starts.length, 1);
  assert.ok(!runner.calls.includes("cancel"));
  assert.deepEqual(lines(await collect(jobs.follow(first.id, 0, never))), ["1 one", "2 two", "3 three"], "the last job is remembered");
  await assert.rejects(collect(jobs.follow("0123abcd", 0, never)), hostError("JOB_NOT_FOUND"));
});

test("an update is staged over the active build; the same content again is up to date", async (context) => {
  const { jobs, runner, builds } = await opened(context);
  await run(jobs, runner, (stage) => stage.succeed(game));
  const first = builds.active()?.id ?? "";
  const updated = await run(jobs, runner, (stage) => stage.succeed({ new: "n" }, [...Object.keys(game), "new"]));
  assert.deepEqual(runner.starts[1]?.layers, builds.layersOf(first));
  assert.deepEqual([updated.phase, updated.baseBuildId, updated.upToDate], ["SUCCEEDED", first, false]);
  assert.notEqual(updated.buildId, first);
  const again = await run(jobs, runner, (stage) => stage.succeed({}, [...Object.keys(game), "new"]));
  assert.deepEqual([again.upToDate, again.buildId, again.activated], [true, updated.buildId, false]);
  assert.equal(builds.list().length, 2);
  assert.equal(runner.calls.at(-1), "discard", "what the installer told does not stay");
});

test("keep_active_build publishes beside the active one", async (context) => {
  const { jobs, runner, builds } = await opened(context);
  await run(jobs, runner, (stage) => stage.succeed(game));
  const first = builds.active()?.id;
  const job = await run(jobs, runner, (stage) => stage.succeed({ new: "n" }, [...Object.keys(game), "new"]), {
    ...plain,
    keepActiveBuild: true,
  });
  assert.deepEqual([job.phase, job.activated, builds.active()?.id], ["SUCCEEDED", false, first]);
});

const failures: readonly (readonly [what: string, reason: string, act: (runner: ScriptedRunner) => Promise<void>])[] = [
  [
    "says so",
    "STEAM_NO_SUBSCRIPTION",
    async (runner) => {
      const failure = {
        reason: "STEAM_NO_SUBSCRIPTION",
        cause: "no",
        cure: "buy",
        exitCode: 8,
        signal: "",
        stderr: "",
        metadata: {},
      } as const;
      await runner.tell({ type: "end", failure });
      runner.end({ exitCode: 1 });
    },
  ],
  ["is killed", "INSTALL_INTERRUPTED", async (runner) => runner.end({ signal: "SIGKILL" })],
  ["claims success, and left no game", "INSTALL_INCOMPLETE", (runner) => runner.succeed({ readme: "x" })],
  [
    "claims success, and left no listing",
    "INSTALL_INCOMPLETE",
    async (runner) => {
      await runner.tell({ type: "end" });
      runner.end({ exitCode: 0 });
    },
  ],
  [
    "writes nothing but nonsense",
    "INSTALL_INTERRUPTED",
    async (runner) => {
      await runner.tellText(`{"type":"end"\n\0\xff\n[]\n"end"\n${"x".repeat(200_000)}\n{"type":"end"}`);
      runner.end({ exitCode: 0 });
    },
  ],
];

for (const [what, reason, act] of failures) {
  test(`an installer that ${what} is ${reason}, and leaves nothing`, async (context) => {
    const { jobs, runner, builds, layout } = await opened(context);
    const job = await run(jobs, runner, act);
    assert.deepEqual([job.phase, job.failure?.reason], ["FAILED", reason]);
    assert.notEqual(job.failure?.cure, "");
    assert.ok(runner.calls.includes("discard"));
    assert.deepEqual([await readdir(layout.layers), await readdir(layout.builds), builds.list()], [[], [], []]);
  });
}

test("an installer's files can neither kill the daemon nor wedge the job", async (context) => {
  const far = `{"type":"line","time":${Number.MAX_SAFE_INTEGER},"text":"x"}\n`;
  const cases: readonly (readonly [what: string, act: (runner: ScriptedRunner) => Promise<void>])[] = [
    ["a line of a time that is none", (runner) => runner.tellText(far)],
    ["events without end", (runner) => runner.makeSparse("events", 2 ** 42)],
    ["a listing without end", (runner) => runner.makeSparse("listing", 2 ** 38)],
    ["a listing of nothing but ends", (runner) => runner.makeSparse("listing", 2 ** 26)],
  ];
  for (const [what, act] of cases) {
    const { jobs, runner, reopen } = await opened(context);
    const job = await run(jobs, runner, async (stage) => {
      await stage.succeed(game);
      await act(stage);
    });
    assert.ok(job.phase === "FAILED" || what.includes("line") || what.includes("events"), what);
    assert.equal((await reopen()).jobs.current?.phase, job.phase, what);
  }
});

test("what an earlier job left is never published by the next one", async (context) => {
  const { jobs, runner, builds, layout } = await opened(context);
  runner.discard = async () => {
    throw new Error("the bus is away");
  };
  const left = `${layout.layers}/.written-old`;
  await mkdir(left);
  await writeFile(`${left}/server.txt`, "old");
  const job = await run(jobs, runner, (stage) => stage.succeed(game));
  assert.equal(job.phase, "SUCCEEDED");
  const [layer = ""] = builds.layersOf(job.buildId);
  assert.deepEqual((await readdir(layer)).sort(), ["srcds_linux", "srcds_run", "steamapps"]);
  assert.deepEqual(
    (await readdir(layout.layers)).filter((name) => name.startsWith(".")),
    [],
  );
});

test("the end of a job that cannot be written down is not done again by the next daemon", async (context) => {
  const { jobs, runner, builds, layout, reopen } = await opened(context);
  await run(jobs, runner, (stage) => stage.succeed(game));
  const first = builds.active()?.id ?? "";
  const { id } = await jobs.begin(plain, "a");
  await until(() => runner.starts.length === 2);
  // From the activation on the record cannot be replaced any more.
  const activate = builds.activate.bind(builds);
  builds.activate = async (build) => {
    const changed = await activate(build);
    await rm(layout.installJob);
    await mkdir(layout.installJob);
    return changed;
  };
  await runner.succeed({ new: "n" }, [...Object.keys(game), "new"]);
  await collect(jobs.follow(id, 0, never));
  await activate(first);
  await rm(layout.installJob, { recursive: true, force: true });
  const next = await reopen();
  assert.deepEqual([next.jobs.current, next.builds.active()?.id], [undefined, first]);
});

test("a stage that cannot be made is the job's failure, with the driver's reason", async (context) => {
  const { jobs, runner } = await opened(context);
  runner.failure = new HostError("DISK_FULL", "no room", { metadata: { path: "/x" } });
  const { id } = await jobs.begin(plain, "a");
  const last = (await collect(jobs.follow(id, 0, never))).at(-1);
  assert.ok(last?.type === "job" && last.job.failure?.reason === "DISK_FULL");
  assert.equal(last.job.failure.metadata["path"], "/x");
});

test("cancelling ends the job and leaves nothing; cancelling again changes nothing", async (context) => {
  const { jobs, runner, builds } = await opened(context);
  assert.deepEqual(await jobs.cancel(""), { changed: false });
  const { id } = await jobs.begin(plain, "a");
  await until(() => runner.starts.length === 1);
  await assert.rejects(jobs.cancel("0123abcd"), hostError("JOB_NOT_FOUND"));
  const { job, changed } = await jobs.cancel(id);
  assert.deepEqual([changed, job], [true, jobs.current]);
  assert.equal(job?.phase, "CANCELLED");
  assert.deepEqual(
    [await jobs.cancel(""), await jobs.cancel(id)],
    [
      { job, changed: false },
      { job, changed: false },
    ],
  );
  assert.deepEqual([builds.list(), runner.calls.at(-1)], [[], "discard"]);
  assert.equal((await run(jobs, runner, (stage) => stage.succeed(game))).phase, "SUCCEEDED");
});

test("another job that begins while one is cancelled is neither waited for nor told of", { timeout: 60_000 }, async (context) => {
  const { jobs, runner } = await opened(context);
  const { id } = await jobs.begin(plain, "a");
  await until(() => runner.starts.length === 1);
  runner.cancel = async () => {
    runner.end({ signal: "SIGTERM" });
    await until(() => jobs.current?.phase === "CANCELLED");
    await jobs.begin(plain, "b");
  };
  const { job, changed } = await jobs.cancel(id);
  assert.deepEqual([job?.id, job?.phase, changed], [id, "CANCELLED", true]);
  assert.equal(jobs.current?.caller, "b");
});

test("a daemon that is killed while it cancels: the next one cancels", async (context) => {
  const { jobs, runner, reopen, close } = await opened(context);
  const { id } = await jobs.begin(plain, "a");
  await until(() => runner.starts.length === 1);
  runner.cancel = async () => {
    close();
    throw new Error("killed");
  };
  await assert.rejects(jobs.cancel(id), /killed/);
  Reflect.deleteProperty(runner, "cancel");
  const next = await reopen();
  const last = (await collect(next.jobs.follow(id, 0, never))).at(-1);
  assert.ok(last?.type === "job" && last.job.phase === "CANCELLED", JSON.stringify(last));
  assert.deepEqual([next.builds.list(), runner.calls.includes("cancel")], [[], true]);
});

test("the next daemon goes on with a job: its lines keep their numbers", async (context) => {
  const { jobs, runner, reopen, close } = await opened(context);
  const { id } = await jobs.begin(plain, "a");
  await until(() => runner.starts.length === 1);
  await runner.tell({ type: "line", time: 1, text: "one" });
  await until(() => jobs.lines(1).length === 1);
  close();
  await runner.tell({ type: "line", time: 2, text: "two" });
  const next = await reopen();
  const told = collect(next.jobs.follow(id, 1, never));
  await runner.succeed(game);
  const events = await told;
  assert.deepEqual(lines(events), ["2 two"]);
  assert.equal(phases(events).at(-1), "SUCCEEDED");
  assert.equal(next.builds.active()?.id, next.jobs.current?.buildId);
});

test("a daemon that comes when the installer is gone publishes, or says that it was interrupted", async (context) => {
  for (const isSuccess of [true, false]) {
    const { jobs, runner, reopen, close } = await opened(context);
    const { id } = await jobs.begin(plain, "a");
    await until(() => runner.starts.length === 1);
    close();
    if (isSuccess) await runner.succeed(game);
    else runner.end({ signal: "SIGKILL" });
    const next = await reopen();
    const last = (await collect(next.jobs.follow(id, 0, never))).at(-1);
    assert.ok(last?.type === "job");
    assert.equal(last.job.phase, isSuccess ? "SUCCEEDED" : "FAILED");
    const remembered = (await next.reopen()).jobs.current;
    assert.deepEqual(remembered, last.job);
  }
});

test("interrupted at any step of publishing, the next daemon ends the job well", async (context) => {
  for (const failing of ["rename the layer", "write the manifest", "activate", "point installation"]) {
    let armed = true;
    const { jobs, runner, reopen, close } = await opened(context, (step) => {
      if (!armed || step !== failing) return;
      armed = false;
      close();
      return new Promise<void>(() => {}); // who is killed does nothing more
    });
    const { id } = await jobs.begin(plain, "a");
    await until(() => runner.starts.length === 1);
    await runner.succeed(game);
    await until(() => !armed);
    const next = await reopen();
    const last = (await collect(next.jobs.follow(id, 0, never))).at(-1);
    assert.ok(last?.type === "job" && last.job.phase === "SUCCEEDED", failing);
    assert.equal(next.builds.active()?.id, last.job.buildId, failing);
    assert.equal(next.builds.list().length, 1, failing);
  }
});

for (const [whose, isOld] of [
  ["", false],
  [", also with the record of an older daemon, which does not tell it", true],
] as const) {
  test(`killed behind the activation: what was active before is kept, and the job has activated its build${whose}`, async (context) => {
    let armed = false;
    const { jobs, runner, kept, layout, reopen, close } = await opened(context, (step) => {
      if (!armed || step !== "point installation") return;
      armed = false;
      close();
      return new Promise<void>(() => {});
    });
    const before = await run(jobs, runner, (stage) => stage.succeed(game));
    const { id } = await jobs.begin(plain, "a");
    await until(() => runner.starts.length === 2);
    armed = true;
    await runner.succeed({ new: "n" }, [...Object.keys(game), "new"]);
    await until(() => !armed);
    if (isOld) {
      const { activeBefore: _, ...old } = JSON.parse(await readFile(layout.installJob, "utf8"));
      await writeFile(layout.installJob, JSON.stringify(old));
    }
    kept.length = 0;
    const next = await reopen();
    await collect(next.jobs.follow(id, 0, never));
    const job = next.jobs.current;
    assert.deepEqual([job?.phase, job?.activated, job?.buildId], ["SUCCEEDED", true, next.builds.active()?.id]);
    assert.notEqual(job?.buildId, before.buildId);
    assert.ok(kept.includes(before.buildId), `kept: ${kept}`);
  });
}

test("a build that was made the active one while the job published is kept too", async (context) => {
  const { jobs, runner, builds, kept } = await opened(context);
  const first = await run(jobs, runner, (stage) => stage.succeed(game));
  const second = await run(jobs, runner, (stage) => stage.succeed({ new: "n" }, [...Object.keys(game), "new"]));
  const handOver = runner.handOver.bind(runner);
  runner.handOver = async (target) => {
    await builds.activate(first.buildId);
    await handOver(target);
  };
  kept.length = 0;
  const third = await run(jobs, runner, (stage) => stage.succeed({ newer: "n" }, [...Object.keys(game), "new", "newer"]));
  assert.deepEqual([third.phase, third.baseBuildId, third.activated], ["SUCCEEDED", second.buildId, true]);
  assert.ok(kept.includes(first.buildId), `kept: ${kept}`);
});

type Opened = {
  jobs: InstallJobs;
  builds: BuildStore;
  /** What old builds are to be removed except for, of every publication. */
  kept: string[];
  runner: ScriptedRunner;
  close: () => void;
  reopen: () => Promise<Opened>;
  layout: ReturnType<typeof hostLayout>;
};

async function opened(context: TestContext, atStep: (step: string) => void | Promise<void> = () => {}): Promise<Opened> {
  const root = await scratch(context);
  const runner = new ScriptedRunner(join(root, "runner"));
  await mkdir(join(root, "tmp"), { recursive: true });
  const kept: string[] = [];
  const published: InstallJobsContext["published"] = async (builds) => {
    kept.push(...[builds].flat());
    return [];
  };
  const open = async (): Promise<Opened> => {
    const layout = hostLayout(root);
    const closing = new AbortController();
    const builds = await BuildStore.open(layout, undefined, { atStep });
    const log = () => {};
    const takeBack = async (id: string) => void (await builds.delete(id, () => {}));
    const jobs = new InstallJobs({ layout, runner, builds, log, closing: closing.signal, activated: () => {}, published, takeBack });
    await jobs.open();
    context.after(() => closing.abort(new Error("the test is over")));
    return { jobs, builds, kept, runner, layout, close: () => closing.abort(new Error("closing")), reopen: open };
  };
  return open();
}

async function run(
  jobs: InstallJobs,
  runner: ScriptedRunner,
  act: (runner: ScriptedRunner) => Promise<void>,
  request = plain,
): Promise<InstallJob> {
  const before = runner.starts.length;
  const { id } = await jobs.begin(request, "a");
  await until(() => runner.starts.length > before);
  await act(runner);
  await collect(jobs.follow(id, 0, never));
  return jobs.current as InstallJob;
}

async function collect(events: AsyncIterable<InstallEvent>): Promise<InstallEvent[]> {
  const all: InstallEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

function lines(events: readonly InstallEvent[]): string[] {
  return events.flatMap((event) => (event.type === "line" ? [`${event.line.sequence} ${event.line.text}`] : []));
}

function phases(events: readonly InstallEvent[]): string[] {
  return events.flatMap((event) => (event.type === "job" ? [event.job.phase] : []));
}

function figures(job: InstallJob | undefined) {
  return { percent: job?.percent, doneBytes: job?.doneBytes, totalBytes: job?.totalBytes };
}

async function until(condition: () => boolean): Promise<void> {
  const limit = Date.now() + 60_000;
  while (!condition()) {
    if (Date.now() > limit) throw new Error("it did not come true");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

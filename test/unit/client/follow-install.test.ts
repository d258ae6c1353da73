import assert from "node:assert/strict";
import { test } from "node:test";
import {
  asHostFailure,
  Code,
  createHostClient,
  type FollowInstallOptions,
  followInstall,
  type InstallItem,
  InstallPhase,
} from "../../../src/client/index.ts";
import { broken, type InstallAnswers, type InstallCall, line, scriptedInstall, told, untilLeft } from "./scripted-install.ts";
import { failure } from "./socket-host.ts";

const { PREPARING, DOWNLOADING, SUCCEEDED, FAILED, CANCELLED } = InstallPhase;
const fast = { initialDelayMs: 2, maximumDelayMs: 10 } as const;

async function installHost(calls: readonly InstallCall[], answers?: InstallAnswers) {
  const script = await scriptedInstall(calls, answers);
  const client = createHostClient({ address: script.address });
  return {
    ...script,
    client,
    follow: (options: FollowInstallOptions = {}) => followInstall(client, { ...fast, ...options }),
    /** What each call asked for: the job and the line behind which it goes on. */
    asked: () => script.requests.map(({ jobId, afterSequence }) => `${jobId}/${afterSequence}`),
    async [Symbol.asyncDispose]() {
      client.close();
      await script[Symbol.asyncDispose]();
    },
  };
}

function textOf(item: InstallItem): string | undefined {
  if (item.type === "line") return item.line.text;
  if (item.type === "gap") return `gap ${item.lost}`;
  return Object.entries(InstallPhase).find(([, phase]) => phase === item.job.phase)?.[0];
}

async function collect(items: AsyncIterable<InstallItem>): Promise<(string | undefined)[]> {
  const texts: (string | undefined)[] = [];
  for await (const item of items) texts.push(textOf(item));
  return texts;
}

test("attaches again to the job that it followed, behind the last line; repeats are dropped and gaps told", async () => {
  await using setup = await installHost([
    function* () {
      yield told(PREPARING);
      yield line(1);
      yield line(2);
      throw failure(Code.Unavailable, "SHUTTING_DOWN", "draining");
    },
    function* () {
      yield told(DOWNLOADING);
      yield line(2);
      yield line(6);
      // The host drains and ends the stream in order: the job is not over.
    },
    function* () {
      yield told(DOWNLOADING);
      broken();
    },
    function* () {
      yield told(SUCCEEDED, { buildId: "b1" });
    },
  ]);
  const attempts: number[] = [];
  let reconnected = 0;
  const items = setup.follow({
    validate: true,
    onReconnect: ({ attempt }) => attempts.push(attempt),
    onReconnected: () => (reconnected += 1),
  });
  assert.deepEqual(await collect(items), [
    ...["PREPARING", "line 1", "line 2", "DOWNLOADING", "gap 3", "line 6", "DOWNLOADING", "SUCCEEDED"],
  ]);
  assert.deepEqual(setup.asked(), ["/0", "j1/2", "j1/6", "j1/6"], "only the first call may start a job");
  assert.deepEqual([attempts, reconnected], [[1, 1, 1], 3]);
});

test("a killed connection is resumed", async () => {
  await using setup = await installHost([
    async function* (_request, signal) {
      yield told(DOWNLOADING);
      yield line(1);
      await untilLeft(signal);
    },
    function* () {
      yield told(CANCELLED);
    },
  ]);
  const texts: (string | undefined)[] = [];
  for await (const item of setup.follow()) {
    texts.push(textOf(item));
    if (item.type === "line") setup.host.dropConnections();
  }
  assert.deepEqual(texts, ["DOWNLOADING", "line 1", "CANCELLED"]);
  assert.deepEqual(setup.asked(), ["/0", "j1/1"]);
});

test("ends behind the last state, and a job that failed is no error of the call", async () => {
  await using setup = await installHost([
    async function* (_request, signal) {
      yield told(FAILED, { failure: { cause: "no subscription" } });
      // A host that did not end the stream would not hold it up.
      await untilLeft(signal);
    },
  ]);
  await assert.rejects(collect(setup.follow({ jobId: "" })), { name: "TypeError", message: /jobId is empty/ });
  assert.deepEqual(await collect(setup.follow({ jobId: "j7", afterSequence: 9n })), ["FAILED"]);
  assert.deepEqual(setup.asked(), ["j7/9"]);
});

test("hands the options to the host", async () => {
  await using setup = await installHost([
    function* () {
      yield told(SUCCEEDED);
    },
  ]);
  await collect(setup.follow({ validate: true, keepActiveBuild: true, bootstrapSteamcmd: true }));
  await collect(setup.follow());
  assert.deepEqual(
    setup.requests.map(({ validate, keepActiveBuild, bootstrapSteamcmd }) => [validate, keepActiveBuild, bootstrapSteamcmd]),
    [
      [true, true, true],
      [false, false, false],
    ],
  );
  assert.equal(setup.counts.looks, 0);
});

test("a signal ends it without an error and the host's stream with it, also while it waits to reconnect", async () => {
  let left = false;
  await using setup = await installHost([
    async function* (_request, signal) {
      yield told(DOWNLOADING);
      await untilLeft(signal);
      left = true;
    },
    function* () {
      yield told(DOWNLOADING);
      broken();
    },
  ]);
  for (const delay of [{}, { initialDelayMs: 60_000, maximumDelayMs: 60_000 }]) {
    const ending = new AbortController();
    const texts: (string | undefined)[] = [];
    for await (const item of setup.follow({ ...delay, signal: ending.signal, onReconnect: () => ending.abort() })) {
      texts.push(textOf(item));
      if (setup.requests.length === 1) ending.abort();
    }
    assert.deepEqual(texts, ["DOWNLOADING"]);
  }
  assert.equal(left, true);
  assert.equal(setup.counts.cancels, 0, "leaving cancels nothing");
});

test("what trying again cannot cure is thrown: no such call, another job in its place, a first connection", async () => {
  const reasons = async (calls: readonly InstallCall[]) => {
    await using setup = await installHost(calls);
    return await collect(setup.follow()).then(
      () => "ended",
      (error: unknown) => asHostFailure(error)?.reason ?? String(error),
    );
  };
  const refuse = (code: Code, reason: string): InstallCall =>
    // biome-ignore lint/correctness/useYield: it fails before it yields.
    function* () {
      throw failure(code, reason, "no");
    };
  const loseIt: InstallCall = function* () {
    yield told(PREPARING);
    broken();
  };
  assert.equal(await reasons([refuse(Code.Unimplemented, "NOT_IMPLEMENTED")]), "NOT_IMPLEMENTED");
  assert.equal(await reasons([loseIt, refuse(Code.NotFound, "JOB_NOT_FOUND")]), "JOB_NOT_FOUND");
  assert.match(await reasons([refuse(Code.Unavailable, "SHUTTING_DOWN")]), /SHUTTING_DOWN/);
  const client = createHostClient({ address: "unix:/nonexistent/a.sock" });
  await assert.rejects(collect(followInstall(client, fast)), { code: Code.Unavailable });
  client.close();
});

// biome-ignore lint/correctness/useYield: it fails before it yields.
const lost: InstallCall = function* () {
  broken();
};
const succeeded: InstallCall = function* () {
  yield told(SUCCEEDED);
};

test("retryFirst: a job that an attempt started, although its answer was lost, is attached to", async () => {
  await using started = await installHost([lost, succeeded], {
    installations: [{ job: { id: "j0", phase: FAILED } }, { job: { id: "j1" } }],
  });
  assert.deepEqual(await collect(started.follow({ retryFirst: true })), ["SUCCEEDED"]);
  assert.deepEqual(started.asked(), ["/0", "j1/0"]);
  await using unstarted = await installHost([lost, succeeded], { installations: [{ job: { id: "j0", phase: FAILED } }] });
  assert.deepEqual(await collect(unstarted.follow({ retryFirst: true })), ["SUCCEEDED"]);
  assert.deepEqual(unstarted.asked(), ["/0", "/0"], "nothing was started: it is asked for again");
  await using running = await installHost([lost, succeeded], { installations: [{ job: { id: "j5", phase: DOWNLOADING } }] });
  assert.deepEqual(await collect(running.follow({ retryFirst: true })), ["SUCCEEDED"]);
  assert.deepEqual(running.asked(), ["j5/0", "j5/0"], "one that runs already is attached to");
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { InstallLines } from "../../../src/cli/install/install-lines.ts";
import { Code, ErrorReason, type InstallJob, InstallPhase } from "../../../src/client/index.ts";
import { broken, type InstallAnswers, type InstallCall, line, scriptedInstall, told, untilLeft } from "../client/scripted-install.ts";
import { failure, startSocketHost } from "../client/socket-host.ts";
import { type RunOptions, run } from "./fake-terminal.ts";
import { half, runInstall } from "./run-install.ts";
import { runUntilHeard } from "./run-until-heard.ts";

const { PREPARING, DOWNLOADING, VERIFYING, PUBLISHING, SUCCEEDED, FAILED, CANCELLED } = InstallPhase;

const began = { startTime: { seconds: 1_800_000_000n, nanos: 0 } };
const ended = { ...began, endTime: { seconds: 1_800_000_360n, nanos: 0 } };
const installed = told(SUCCEEDED, { ...ended, buildId: "b9" });

/** A job from its beginning to its end. */
const whole: InstallCall = function* () {
  yield told(PREPARING);
  yield line(1, "\x1b[0mLoading Steam API...OK\x1b[0m");
  yield told(DOWNLOADING, { percent: 0 });
  yield told(DOWNLOADING, half);
  yield line(2, "Update state (0x61) \x1b]0;evil\x07");
  yield told(PUBLISHING);
  yield installed;
};
const failing = (failureParts: object, lines = 0): InstallCall =>
  async function* () {
    yield told(DOWNLOADING);
    for (let number = 1; number <= lines; number += 1) yield line(number);
    yield told(FAILED, { failure: failureParts });
  };
const cancelled: InstallCall = function* () {
  yield told(DOWNLOADING);
  yield told(CANCELLED);
};
const running: InstallCall = async function* (_request, signal) {
  yield told(DOWNLOADING, half);
  await untilLeft(signal);
};
const active: InstallAnswers = { installations: [{ activeBuild: { id: "b9", active: true } }] };

const hint = "follow it: l4d2ctl --address ADDRESS install --attach j1; cancel it: l4d2ctl --address ADDRESS install --cancel j1";

test("elsewhere than on a terminal: a line a phase and every 10 %, raw lines only with -v", async () => {
  const quiet = await runInstall("", [whole], {}, active);
  assert.equal(quiet.code, 0);
  assert.equal(quiet.out, "build b9: installed in 6 min; active; running games keep theirs until they are restarted\n");
  const lines = [
    "TIME preparing",
    "TIME downloading: 0 %",
    "TIME downloading: 51 %, 1.0 GiB of 2.0 GiB, 12.0 MiB/s, 2 min left",
    "TIME publishing",
    "TIME succeeded",
    "",
  ];
  assert.equal(quiet.err, lines.join("\n"));
  const verbose = await runInstall("-v --no-activate", [whole]);
  assert.equal(verbose.out, "build b9: installed in 6 min; activate it: l4d2ctl --address ADDRESS activate b9\n");
  const withRaw = [lines[0], "Loading Steam API...OK", lines[1], lines[2], "Update state (0x61) \\x1b]0;evil\\x07", ...lines.slice(3)];
  assert.equal(verbose.err, withRaw.join("\n"));
});

test("lines come with a new phase, ten percent more, or ten seconds later", () => {
  let atMs = 0;
  let err = "";
  const lines = new InstallLines({ err: (text) => (err += text.slice(9)) }, () => atMs);
  const tell = (afterMs: number, phase: InstallPhase, percent?: number) => {
    atMs += afterMs;
    lines.job({ phase, percent } as InstallJob);
  };
  tell(0, DOWNLOADING, 0);
  tell(1000, DOWNLOADING, 9.9);
  tell(1000, DOWNLOADING, 10);
  tell(9999, DOWNLOADING, 11);
  tell(1, DOWNLOADING, 12);
  tell(1, VERIFYING);
  tell(9999, VERIFYING);
  tell(1, VERIFYING);
  assert.equal(err, "downloading: 0 %\ndownloading: 10 %\ndownloading: 12 %\nverifying\nverifying\n");
});

/** What stays on a terminal: of each line what was drawn last. */
const staying = (err: string) => err.split("\n").map((text) => text.split("\r\x1b[K").at(-1));

test("on a terminal: one line that is drawn over, cut to its width, phases that are over and raw lines above it", async () => {
  const quiet = await runInstall("", [whole], { isTty: true, errColumns: 200 }, active);
  const bar = "downloading: [############------------] 51 %, 1.0 GiB of 2.0 GiB, 12.0 MiB/s, 2 min left";
  assert.ok(quiet.err.includes(`\r\x1b[K${bar}`), quiet.err);
  assert.deepEqual(staying(quiet.err), ["preparing: done", "downloading: done, 2.0 GiB", "publishing: done", ""]);
  const verbose = await runInstall("--verbose", [whole], { isTty: true, errColumns: 40 }, active);
  assert.deepEqual(staying(verbose.err), [
    ...["Loading Steam API...OK", "preparing: done", "Update state (0x61) \\x1b]0;evil\\x07"],
    ...["downloading: done, 2.0 GiB", "publishing: done", ""],
  ]);
  const drawn = verbose.err.split("\r\x1b[K").filter((text) => !text.includes("\n"));
  const shortBar = bar.replace("[############------------]", "[#####-----]");
  assert.ok(drawn.includes(`${shortBar.slice(0, 38)}…`), verbose.err);
  const usual = await runInstall("", [whole], { isTty: true, errColumns: 80 }, active);
  assert.ok(usual.err.includes(`\r\x1b[K${shortBar}`), "80 columns have room for the time that is left");
  assert.ok(drawn.every((text) => [...text].length < 40));
  const failed = await runInstall("", [failing({ cause: "no" })], { isTty: true });
  assert.deepEqual(staying(failed.err), [...["downloading: failed", "error: no", ""]]);
  const dumb = await runInstall("", [cancelled], { isTty: true, env: { TERM: "dumb" } });
  assert.match(dumb.err, /^TIME downloading\nTIME cancelled\n/);
});

test("a job that failed: its last lines, its stderr, of which nothing commands the terminal, the cause, the cure, and never exit code 0", async () => {
  const parts = {
    reason: ErrorReason.STEAM_NO_SUBSCRIPTION,
    cause: "SteamCMD: no\nsub\x07scription",
    cure: "log in",
    stderr: "raw \x1b[1m\x1b]52;c;x\x07\n",
  };
  const lines = ["3", "4", "5", "6", "7", "8", "9", "10", "11", "12"].map((number) => `  | line ${number}\n`).join("");
  const told = "raw \\x1b]52;c;x\\x07\nerror: SteamCMD: no\nsub\\x07scription\nhint: log in\n";
  const failed = await runInstall("", [failing({ ...parts, exitCode: 8 }, 12)]);
  assert.deepEqual([failed.code, failed.out, failed.err], [8, "", `TIME downloading\nTIME failed\n${lines}${told}`]);
  const verbose = await runInstall("-v", [failing({ ...parts, exitCode: 0 }, 12)]);
  assert.equal(verbose.code, 1, "SteamCMD ends with 0 after some of its failures");
  assert.match(verbose.err, /\nline 12\nTIME failed\nraw /);
  const codes = async (...all: readonly object[]) => await Promise.all(all.map(async (one) => (await runInstall("", [failing(one)])).code));
  const { DISK_FULL, STEAMCMD_NOT_FOUND, UNSPECIFIED } = ErrorReason;
  assert.deepEqual(
    await codes(
      { reason: DISK_FULL },
      { reason: STEAMCMD_NOT_FOUND },
      { reason: UNSPECIFIED },
      { reason: 9999 as ErrorReason },
      { exitCode: 300 },
    ),
    [11, 7, 1, 1, 255],
  );
  const stopped = await runInstall("", [cancelled]);
  assert.deepEqual([stopped.code, stopped.out], [1, ""]);
  assert.match(
    stopped.err,
    /error: the installation ended: cancelled\nhint: nothing of it is left; begin again: l4d2ctl --address ADDRESS install\n$/,
  );
  const unexplained = await runInstall("", [
    function* () {
      yield { event: { case: "job", value: { id: "j1", phase: FAILED } } };
    },
  ]);
  assert.deepEqual([unexplained.code, unexplained.err.split("\n").at(-2)], [1, "error: the installation ended: failed"]);
});

test("a build that is current already is told so", async () => {
  const current: InstallCall = function* () {
    yield told(SUCCEEDED, { ...ended, buildId: "b9", upToDate: true });
  };
  assert.equal((await runInstall("", [current], {}, active)).out, "build b9: up to date, nothing was changed; active\n");
  const again: InstallCall = function* () {
    yield told(SUCCEEDED, { ...ended, buildId: "b9", upToDate: true, activated: true, baseBuildId: "b8" });
  };
  const activated =
    "build b9: here already, nothing was installed; activated in place of b8; go back: l4d2ctl --address ADDRESS activate b8\n";
  assert.equal((await runInstall("", [again], {}, active)).out, activated, "behind a roll-back");
  const silent = await runInstall("", [whole], {}, { installations: [{}, {}, undefined] });
  assert.equal(silent.out, "build b9: installed in 6 min\n", "whether it is active is not known");
});

test("--json prints the last state of the job and nothing else, whether it succeeds or fails", async () => {
  const document = async (calls: readonly InstallCall[], args = "", options: RunOptions = {}) => {
    const { code, out } = await runInstall(`--json ${args}`, calls, options);
    const { id, phase, upToDate, error } = JSON.parse(out) as { id?: string; phase?: string; upToDate?: boolean; error?: { code: string } };
    return [code, id ?? error?.code, phase, upToDate];
  };
  assert.deepEqual(await document([whole], "-v"), [0, "j1", "INSTALL_PHASE_SUCCEEDED", false]);
  assert.deepEqual(await document([failing({ exitCode: 5 })]), [5, "j1", "INSTALL_PHASE_FAILED", false]);
  assert.deepEqual(await document([failing({ exitCode: 5 })], "--detach"), [0, "j1", "INSTALL_PHASE_DOWNLOADING", false]);
  assert.deepEqual(await document([running], "", { interruptAfterMs: 100 }), [130, "CANCELED", undefined, undefined]);
  assert.deepEqual(await document([running], "--timeout 100ms"), [8, "DEADLINE_EXCEEDED", undefined, undefined]);
});

test("--detach starts it, prints the job's id and leaves; nothing is cancelled", async () => {
  const { code, out, err, requests, counts } = await runInstall("--detach --validate --bootstrap-steamcmd --no-activate", [running]);
  assert.deepEqual([code, out, err], [0, "j1\n", `the host installs the game; ${hint}\n`]);
  const [request] = requests;
  assert.deepEqual([request?.validate, request?.bootstrapSteamcmd, request?.keepActiveBuild, request?.jobId], [true, true, true, ""]);
  assert.equal(counts.cancels, 0);
  const fails: InstallCall = function* () {
    yield told(FAILED, { failure: { cause: "no room", reason: ErrorReason.DISK_FULL } });
  };
  const failed = await runInstall("--detach", [fails]);
  assert.deepEqual([failed.code, failed.out, failed.err], [11, "j1\n", "error: no room\n"], "one that failed at once is no success");
});

test("--attach follows that job only; a job that runs already is told", async () => {
  const { code, err, requests } = await runInstall("--attach j1", [whole]);
  assert.deepEqual([code, requests[0]?.jobId], [0, "j1"]);
  assert.match(err, /^TIME preparing\n/);
  const job = { id: "j1", phase: DOWNLOADING, startTime: { seconds: BigInt(Math.floor(Date.now() / 1000) - 300), nanos: 0 } };
  const late: InstallCall = function* () {
    yield { event: { case: "job", value: job } };
    yield installed;
  };
  const joined = await runInstall("--validate", [late], {}, { installations: [{ job }] });
  assert.equal(joined.requests[0]?.jobId, "j1");
  assert.match(
    joined.err,
    /^=== job j1 has been running for 5 min; the options of this command do not change it: it was begun without --validate; watching it ===\nTIME downl/,
  );
  const fresh = await runInstall("", [late], {}, { installations: [{ job: { ...job, phase: FAILED } }] });
  assert.match(fresh.err, /^TIME downl/, "the last one is over");
  await using gone = await startSocketHost({
    installation: {
      // biome-ignore lint/correctness/useYield: it fails before it yields.
      async *installGame() {
        throw failure(Code.NotFound, "JOB_NOT_FOUND", "there is no job j7");
      },
    },
  });
  const absent = await run(["install", "--attach", "j7", "--address", gone.address]);
  assert.deepEqual(
    [absent.code, absent.err],
    [3, `error: there is no job j7\nhint: the running or the last job: l4d2ctl --address ${gone.address} install --status\n`],
  );
});

test("--detach says that it found somebody else's job, and what that one does otherwise", async () => {
  const job = {
    ...{ id: "j1", phase: DOWNLOADING, validate: true, keepActiveBuild: true },
    startTime: { seconds: BigInt(Math.floor(Date.now() / 1000) - 300), nanos: 0 },
  };
  const late: InstallCall = function* () {
    yield { event: { case: "job", value: job } };
  };
  const detach = async (args: string) => await runInstall(`--detach ${args}`, [late], {}, { installations: [{ job }] });
  const known = "job j1 has been running for 5 min; the options of this command do not change it";
  const follow = `the host installs the game; ${hint}\n`;
  const other = await detach("--bootstrap-steamcmd");
  assert.deepEqual([other.code, other.out], [0, "j1\n"]);
  assert.equal(other.err, `=== ${known}: it was begun with --validate and with --no-activate; none was begun ===\n${follow}`);
  assert.equal((await detach("--validate --no-activate")).err, `=== ${known}; none was begun ===\n${follow}`);
  const json = await detach("--validate --no-activate --json");
  assert.deepEqual([(JSON.parse(json.out) as { id: string }).id, json.err], ["j1", `=== ${known}; none was begun ===\n`]);
});

test("--detach tells that the host is away before it has named the job", async () => {
  // biome-ignore lint/correctness/useYield: it fails before it yields.
  const lost: InstallCall = function* () {
    broken();
  };
  const { code, out, err } = await runInstall("--detach", [lost, running], {}, { installations: [{}, {}, {}] });
  assert.deepEqual([code, out], [0, "j1\n"]);
  assert.match(err, /^=== connection lost \(the stream broke\), reconnecting; .* ===\n=== connected again ===\nthe host installs/);
});

test("Ctrl-C, SIGTERM and --timeout end the watching, and say how to go on", async () => {
  for (const [signal, exitCode] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    const { code, out, err, counts } = await runInstall("", [running], {
      onErr: (text, { interrupt }) => {
        if (text.includes("51 %")) interrupt(signal);
      },
    });
    assert.deepEqual([code, out, counts.cancels], [exitCode, "", 0]);
    const seen = "downloading: 51 %, 1.0 GiB of 2.0 GiB, 12.0 MiB/s, 2 min left";
    assert.ok(err.endsWith(`only the watching has ended; last seen: ${seen}\nhint: the host goes on with it; ${hint}\n`), err);
  }
  const onTty = await runInstall("", [running], {
    isTty: true,
    errColumns: 200,
    onErr: (text, { interrupt }) => {
      if (text.includes("51 %")) interrupt("SIGINT");
    },
  });
  assert.match(onTty.err, /left\r\x1b\[Konly the watching/, "the bar does not stay");
  const late = await runUntilHeard(
    (timeout) => runInstall(`--timeout ${timeout}`, [running]),
    ({ err }) => err.includes("51 %"),
  );
  assert.equal(late.code, 8);
  assert.ok(late.err.includes(`error: waited ${late.seconds} s for the installation; last seen: downloading: 51 %`), late.err);
  assert.match(late.err, /\nhint: the host goes on with it; follow/);
  const asked = Promise.withResolvers<void>();
  const mute = await runInstall("", [(_request, signal) => muted(signal, asked.resolve)], { interruptBehind: asked.promise });
  assert.deepEqual(
    [mute.code, mute.err],
    [
      130,
      "only the watching has ended; nothing was heard of it\nhint: look whether it began: l4d2ctl --address ADDRESS install --status\n",
    ],
  );
});

// biome-ignore lint/correctness/useYield: nothing is told.
async function* muted(signal: AbortSignal, onAsked: () => void): ReturnType<InstallCall> {
  onAsked();
  await untilLeft(signal);
}

test("a lost connection is told once, and the job is attached to again", async () => {
  const lost: InstallCall = function* () {
    yield told(DOWNLOADING);
    yield line(1);
    broken();
  };
  const { code, err, requests } = await runInstall("-v", [lost, lost, whole], {}, active);
  assert.equal(code, 0);
  assert.deepEqual(
    requests.map(({ jobId, afterSequence }) => `${jobId}/${afterSequence}`),
    ["/0", "j1/1", "j1/1"],
  );
  assert.match(err, /^.*downloading\nline 1\n=== connection lost \(the stream broke\), reconnecting; .* ===\n=== connected again ===\n/s);
  assert.match(err, /Update state/);
});

test("a killed connection is got over with a bar on the terminal", async () => {
  await using script = await scriptedInstall([
    async function* (_request, signal) {
      yield told(DOWNLOADING, half);
      setTimeout(() => script.host.dropConnections(), 20);
      await untilLeft(signal);
    },
    whole,
  ]);
  const { code, err } = await run(["install", "--address", script.address], { isTty: true });
  assert.equal(code, 0, err);
  const [lost, back, ...phases] = staying(err);
  assert.match(lost ?? "", /^=== connection lost \(.*\), reconnecting; the host goes on with it; Ctrl-C ends the watching ===$/);
  assert.deepEqual([back, phases[0], script.requests[1]?.jobId], ["=== connected again ===", "downloading: done, 2.0 GiB", "j1"]);
});

test("a connection that is lost before the job is named: the job that began is found, and no second one", async () => {
  // biome-ignore lint/correctness/useYield: it fails before it yields.
  const lost: InstallCall = function* () {
    broken();
  };
  const before = { id: "j0", phase: FAILED };
  const installations = [{ job: before }, { job: before }, undefined, { job: { id: "j1", phase: PREPARING } }];
  const { code, err, requests } = await runInstall("", [lost, whole], {}, { installations });
  assert.equal(code, 0);
  assert.deepEqual(
    requests.map(({ jobId }) => jobId),
    ["", "j1"],
  );
  assert.match(err, /^=== connection lost \(the stream broke\), .* ===\n=== connected again ===\nTIME preparing\n/);
  const dead = await runInstall("", [whole], {}, { installations: [undefined] });
  assert.deepEqual([dead.code, dead.requests.length], [6, 0], "a host that is not there to begin with is an error");
});

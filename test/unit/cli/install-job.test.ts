import assert from "node:assert/strict";
import { test } from "node:test";
import { InstallPhase } from "../../../src/client/index.ts";
import type { InstallAnswers } from "../client/scripted-install.ts";
import { run } from "./fake-terminal.ts";
import { half, runInstall } from "./run-install.ts";

const { DOWNLOADING, SUCCEEDED, FAILED, CANCELLED } = InstallPhase;

test("--cancel cancels the running job; without one there is nothing to do", async () => {
  const job = { id: "j1", phase: CANCELLED };
  const output = async (cancelled: NonNullable<InstallAnswers["cancelled"]>, args = "") => {
    const { code, out } = await runInstall(`--cancel ${args}`, [], {}, { cancelled });
    assert.equal(code, 0);
    return out;
  };
  assert.equal(await output({ job, changed: true }), "job j1: cancelled\n");
  assert.equal(await output({}), "nothing to cancel: the host has had no job\n");
  assert.equal(
    await output({ job: { id: "j1", phase: SUCCEEDED, buildId: "b9" } }),
    "nothing to cancel; the last job j1: succeeded, build b9\n",
  );
  assert.equal((JSON.parse(await output({ job, changed: true }, "--json")) as { changed: boolean }).changed, true);
});

test("--cancel with a job cancels only that one, and an empty name none", async () => {
  const job = { id: "j1", phase: SUCCEEDED, buildId: "b9" };
  const named = await runInstall("--cancel j1", [], {}, { cancelled: { job } });
  assert.deepEqual([named.out, named.cancelled], ["nothing to cancel; job j1: succeeded, build b9\n", ["j1"]]);
  assert.deepEqual((await runInstall("--cancel", [])).cancelled, [""]);
  const empty = await run(["install", "--cancel", ""]);
  assert.deepEqual([empty.code, empty.err.split("\n")[0]?.slice(0, 27)], [2, "error: --cancel takes a job"]);
});

test("--attach with the empty name of an unset variable begins no job", async () => {
  for (const more of [[], ["--detach"]]) {
    const { code, err } = await run(["install", "--attach", "", ...more, "--address", "unix:/nowhere"]);
    assert.equal(code, 2, err);
    assert.match(err, /^error: /);
  }
});

test("--status shows the running or the last job with its last lines", async () => {
  const logLines = Array.from({ length: 12 }, (_, index) => ({ sequence: BigInt(index + 1), text: `line ${index + 1}` }));
  const startTime = { seconds: BigInt(Math.floor(Date.now() / 1000) - 7200), nanos: 0 };
  const look = async (installation: NonNullable<InstallAnswers["installations"]>[number], args = "") => {
    const { code, out } = await runInstall(`--status ${args}`, [], {}, { installations: [installation] });
    assert.equal(code, 0);
    return out;
  };
  const seen = await look({
    job: { id: "j1", phase: DOWNLOADING, ...half, startTime, baseBuildId: "b8" },
    activeBuild: { id: "b8" },
    logLines,
  });
  assert.deepEqual(seen.split("\n").slice(0, 7), [
    "job           j1",
    "state         downloading: 51 %, 1.0 GiB of 2.0 GiB, 12.0 MiB/s, 2 min left",
    "began         2 h ago",
    "base build    b8",
    "active build  b8",
    "  | line 3",
    "  | line 4",
  ]);
  const failed = { id: "j1", phase: FAILED, failure: { cause: "no room", cure: "make some" }, startTime, endTime: startTime };
  const whole = await look({ job: failed, logLines }, "-v");
  assert.match(whole, /state +failed: no room\ncure +make some\nbegan +2 h ago\nended +2 h ago\nactive build +none\n {2}\| line 1\n/);
  assert.equal(await look({}), "job           none yet\nactive build  none\n");
  assert.equal((JSON.parse(await look({ job: failed, logLines }, "--json")) as { logLines: unknown[] }).logLines.length, 12);
});

test("options that do not go together are refused before the host is asked", async () => {
  for (const wrong of [
    ...["--import x --validate", "--import x --bootstrap-steamcmd", "--import x --detach", "--import x --status", "--import x -v"],
    ...["--attach j1 --validate", "--attach j1 --detach", "--attach j1 --no-activate", "--status --cancel", "--cancel --no-activate"],
    ...["--status --attach j1", "--cancel --bootstrap-steamcmd"],
  ]) {
    const { code, out } = await run(["install", ...wrong.split(" "), "--json"]);
    assert.equal(code, 2, wrong);
    assert.equal((JSON.parse(out) as { error: { code: string } }).error.code, "INVALID_ARGUMENT", wrong);
  }
});

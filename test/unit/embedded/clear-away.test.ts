import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { instancePaths } from "../../../src/drivers/embedded/instance-paths.ts";
import { readProcessStat } from "../../../src/drivers/embedded/processes/process-stat.ts";
import { clearAway } from "../../../src/drivers/embedded/recover.ts";
import { eventually } from "../../fixtures/embedded/temporary-host.ts";
import { scratch } from "../host/unpack/scratch.ts";

/** A tree that does not end when it is killed: its process leads no session, so that nothing reaches it. The clock is the test's. */
async function lingering(t: TestContext) {
  const child = spawn("sleep", ["1000"]);
  const ended = once(child, "exit");
  const end = () => {
    child.kill("SIGKILL");
    return ended;
  };
  t.after(end);
  const paths = instancePaths(await scratch(t), "alpha");
  mkdirSync(paths.run, { recursive: true });
  let now = 1000;
  t.mock.method(performance, "now", () => now);
  const pass = async (ms: number) => {
    now += ms;
    await sleep(50); // it looks again
  };
  const clearing = clearAway(paths, readProcessStat(child.pid ?? 0));
  await eventually(
    () => existsSync(paths.lock),
    60_000,
    () => "its end is not waited for",
  );
  return { clearing, pass, end };
}

test("a killed tree may take most of a minute to end: an unmount syncs a disk", async (t) => {
  const { clearing, pass, end } = await lingering(t);
  await pass(55_000);
  await end();
  await clearing;
});

test("a tree that does not end at all is told", async (t) => {
  const { clearing, pass } = await lingering(t);
  const refused = assert.rejects(clearing, /does not end, although it was killed/);
  await pass(60_001);
  await refused;
});

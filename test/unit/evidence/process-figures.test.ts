import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { processFigures } from "../../evidence/leaks/process-figures.ts";

test("tells what a process holds", { skip: process.platform === "linux" ? false : "needs /proc" }, async (t) => {
  // Not this process: it opens and closes files while it is looked at.
  const script = "exec 8</dev/null 9</dev/null; sleep 60 8<&- 9<&- & echo; wait";
  const child = spawn("sh", ["-c", script], { stdio: ["pipe", "pipe", "inherit"], detached: true });
  const pid = child.pid ?? 0;
  t.after(() => process.kill(-pid, "SIGKILL"));
  await once(child.stdout, "data");
  const { descriptors, children, residentMb } = await processFigures("/proc", pid);
  assert.deepEqual([descriptors, children], [5, 1]);
  assert.ok(residentMb > 0.1 && residentMb < 100, `${residentMb} MB`);
});

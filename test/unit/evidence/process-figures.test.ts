import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { processFigures } from "../../evidence/leaks/process-figures.ts";

/** What a shell holds that has a child; not this process, which opens files while it is looked at. */
async function figuresOf(t: TestContext, redirections: string) {
  const script = `exec ${redirections}; sleep 60 & echo; wait`;
  const child = spawn("sh", ["-c", script], { stdio: ["pipe", "pipe", "inherit"], detached: true });
  const pid = child.pid ?? 0;
  t.after(() => process.kill(-pid, "SIGKILL"));
  await once(child.stdout, "data");
  return processFigures("/proc", pid);
}

test("tells what a process holds", { skip: process.platform === "linux" ? false : "needs /proc" }, async (t) => {
  const [few, more] = [await figuresOf(t, "8</dev/null"), await figuresOf(t, "7</dev/null 8</dev/null 9</dev/null")];
  assert.equal(more.descriptors - few.descriptors, 2);
  assert.deepEqual([few.children, more.children], [1, 1]);
  assert.ok(few.residentMb > 0.1 && few.residentMb < 100, `${few.residentMb} MB`);
});

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { processFigures } from "../../evidence/leaks/process-figures.ts";

test("tells what a process holds", { skip: process.platform === "linux" ? false : "needs /proc" }, async () => {
  const before = await processFigures("/proc", process.pid);
  const child = spawn("sh", ["-c", "sleep 60 & echo; wait"], { stdio: ["pipe", "pipe", "inherit"], detached: true });
  await once(child.stdout, "data");
  const during = await processFigures("/proc", process.pid);
  assert.equal(during.children - before.children, 1);
  assert.ok(during.descriptors > before.descriptors);
  assert.ok(before.residentMb > 10 && before.residentMb < 10_000, `${before.residentMb} MB`);
  const ended = once(child, "close");
  process.kill(-(child.pid ?? 0), "SIGKILL");
  await ended;
  assert.equal((await processFigures("/proc", process.pid)).children, before.children);
});

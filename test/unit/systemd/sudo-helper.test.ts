import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { sudoHelper } from "../../../src/drivers/systemd/units/sudo-orders.ts";

const directory = mkdtempSync(join(tmpdir(), "left4me-sudo-"));
const path = process.env["PATH"] ?? "";

before(() => {
  process.env["PATH"] = `${directory}${delimiter}${path}`;
});
after(() => {
  process.env["PATH"] = path;
  rmSync(directory, { recursive: true });
});

function sudo(script: string): void {
  writeFileSync(join(directory, "sudo"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

test("an order by sudo that takes too long is left to itself, and the error says so", { timeout: 60_000 }, async () => {
  const done = join(directory, "done");
  const go = join(directory, "go");
  sudo(`trap 'echo killed >${done}; exit' TERM; until [ -e ${go} ]; do sleep 0.05; done; echo called with "$@" >${done}`);
  await assert.rejects(sudoHelper("stop", "a", 200), (error: Error & { metadata: Record<string, string> }) => {
    assert.match(error.message, /left4me-systemctl stop a timed out after 0\.2 s; it may still go on$/);
    assert.deepEqual([error.metadata["exit_code"], error.metadata["stderr"]], ["", ""]);
    return true;
  });
  // Only now it may end: the answer did not wait for it.
  writeFileSync(go, "");
  const isDone = () => readFileSync(done, { encoding: "utf8", flag: "a+" }) !== "";
  while (!isDone()) await sleep(50);
  assert.equal(readFileSync(done, "utf8"), "called with -n /usr/libexec/left4me/left4me-systemctl stop a\n");
});

test("an order by sudo that ends in time tells how it ended", async () => {
  sudo("exit 0");
  await sudoHelper("stop", "a");
  sudo("echo 'the job failed' >&2; exit 3");
  await assert.rejects(sudoHelper("stop", "a"), { reason: "HELPER_FAILED", message: /exited with code 3: the job failed$/ });
  sudo("echo 'sudo: a password is required' >&2; exit 1");
  await assert.rejects(sudoHelper("stop", "a"), { reason: "DRIVER_UNAVAILABLE" });
});

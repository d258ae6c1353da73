import assert from "node:assert/strict";
import { test } from "node:test";
import { HostError } from "../../../src/domain/host-error.ts";
import { run } from "../../../src/exec/run.ts";

async function metadataOf(script: string): Promise<Readonly<Record<string, string>>> {
  const error = await run("sh", ["-c", script]).catch((caught: unknown) => caught);
  assert.ok(error instanceof HostError && error.reason === "HELPER_FAILED");
  return error.metadata;
}

test("a command that fails says how it ended: by a code or by a signal", async () => {
  assert.deepEqual(await metadataOf("echo no >&2; exit 3"), { command: "sh -c echo no >&2; exit 3", exit_code: "3", stderr: "no" });
  assert.deepEqual(await metadataOf("kill -KILL $$"), { command: "sh -c kill -KILL $$", exit_code: "", signal: "SIGKILL", stderr: "" });
});

test("a limit of 0 is none, also for what nobody can kill", async () => {
  for (const outOfReach of [false, true])
    assert.equal(await run("sh", ["-c", "sleep 0.2; echo done"], { timeoutMs: 0, outOfReach }), "done");
  await assert.rejects(run("sh", ["-c", "sleep 1"], { timeoutMs: 50, outOfReach: true }), /timed out after 0\.05 s; it may still go on/);
});

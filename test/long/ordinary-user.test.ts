import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { text } from "node:stream/consumers";
import { after, describe, type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";

const isRoot = process.getuid?.() === 0;
const directory = fileURLToPath(new URL("../unit/embedded/", import.meta.url));
/** What does not depend on the user, and takes long. */
const ofAnyUser = ["instance-log.test.ts"];
const files = readdirSync(directory).filter((name) => name.endsWith(".test.ts") && !ofAnyUser.includes(name));

describe("all of it works for an ordinary user as well", { skip: !isRoot && "this is the ordinary user" }, () => {
  // Node keeps compiled modules by user.
  const compiled = mkdtempSync("/var/tmp/l4m-compiled-");
  chmodSync(compiled, 0o777);
  after(() => rmSync(compiled, { recursive: true, force: true }));

  for (const name of files)
    test(name, async (t) => {
      const { code, stdout, stderr } = await runAsNobody(t, ["--test", `${directory}${name}`], compiled);
      assert.equal(code, 0, `${stdout}\n${stderr}`);
      assert.match(stdout, /^ℹ pass [1-9]/m);
    });
});

/** Runs Node.js as the user 65534; nothing of it is left when the test ends. */
async function runAsNobody(t: TestContext, args: readonly string[], compiled: string) {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", "--", process.execPath, ...args], {
    detached: true,
    env: { ...env, HOME: "/nonexistent", NODE_COMPILE_CACHE: compiled },
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.after(() => endGroup(child.pid));
  const code = new Promise<number | null>((resolve, reject) => child.once("close", resolve).once("error", reject));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await code, stdout, stderr };
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {} // it has ended
}

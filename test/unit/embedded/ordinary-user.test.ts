import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const isRoot = process.getuid?.() === 0;

test("all of it works for an ordinary user as well", { skip: !isRoot && "this is the ordinary user" }, (t) => {
  const directory = fileURLToPath(new URL(".", import.meta.url));
  const files = readdirSync(directory).filter(
    (name) => name.endsWith(".test.ts") && name !== "ordinary-user.test.ts" && name !== "instance-log.test.ts",
  );
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  // Node keeps compiled modules by user.
  const compiled = mkdtempSync("/var/tmp/l4m-compiled-");
  chmodSync(compiled, 0o777);
  t.after(() => rmSync(compiled, { recursive: true, force: true }));
  const command = [
    "--reuid=65534",
    "--regid=65534",
    "--clear-groups",
    "--",
    process.execPath,
    "--test",
    ...files.map((name) => `${directory}${name}`),
  ];
  const result = spawnSync("setpriv", command, { env: { ...env, HOME: "/nonexistent", NODE_COMPILE_CACHE: compiled }, encoding: "utf8" });
  assert.equal(result.status, 0, `${result.stdout}\n${result.stderr}`);
  assert.match(result.stdout, /^ℹ pass [1-9]/m);
});

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { projectFiles } from "./project-files.ts";
import { projectRoot } from "./source-imports.ts";

/** Every file that a shell runs, and by which. */
const scripts = projectFiles().flatMap((path) => {
  const firstLine = readFileSync(join(projectRoot, path), "latin1").split("\n", 1)[0] ?? "";
  const shell = /^#!\s*\S*?(?:\/env\s+)?\b(sh|bash|dash)\b/.exec(firstLine)?.[1] ?? (path.endsWith(".sh") ? "sh" : undefined);
  return shell === undefined ? [] : [{ path, shell }];
});

const noShellcheck = spawnSync("shellcheck", ["--version"]).status === 0 ? false : "needs shellcheck (apt-get install shellcheck)";

describe("shell scripts", () => {
  test("there are some", () => {
    assert.ok(scripts.some(({ path }) => path === "src/drivers/embedded/processes/init.sh"));
    assert.ok(scripts.some(({ path }) => path === ".ci/run"));
  });

  test("their shells can read them", () => {
    for (const { path, shell } of scripts) {
      const { status, stderr } = spawnSync(shell, ["-n", path], { cwd: projectRoot, encoding: "utf8" });
      assert.deepEqual({ path, status, stderr }, { path, status: 0, stderr: "" });
    }
  });

  test("shellcheck has nothing to say", { skip: noShellcheck }, () => {
    const { status, stdout } = spawnSync("shellcheck", ["--external-sources", ...scripts.map(({ path }) => path)], {
      cwd: projectRoot,
      encoding: "utf8",
    });
    assert.equal(stdout, "");
    assert.equal(status, 0);
  });
});

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { startProcessGroup } from "../../../src/exec/process-group.ts";
import { openTerminal, type Terminal } from "../../../src/exec/terminal.ts";

const env = { PATH: "/usr/bin:/bin" };
const isMissing = spawnSync("script", ["--version"]).error !== undefined;
const skip = isMissing ? "the terminal needs script(1) of util-linux" : false;

describe("a terminal for a program's output", { skip, concurrency: 2 }, () => {
  test("nothing is lost and all of it is in order, although the program dies with its last word", async () => {
    for (let round = 0; round < 10; round += 1) {
      const { text, terminal } = await opened();
      const group = startShell(terminal, 'test -t 1 && echo terminal; seq 1 3000; echo last; kill -SEGV "$$"');
      assert.deepEqual(await group.ended, { signal: "SIGSEGV" });
      await terminal.close();
      const numbers = Array.from({ length: 3000 }, (_, index) => String(index + 1));
      assert.deepEqual(text().split("\r\n"), ["terminal", ...numbers, "last", ""]);
    }
  });

  test("it is no controlling terminal: the program's signals are those of its process group", async () => {
    const { text, terminal } = await opened();
    const group = startShell(
      terminal,
      "trap 'echo ended; exit 7' TERM; (: </dev/tty) 2>/dev/null || echo none; while :; do sleep 0.1; done",
    );
    while (!text().includes("none")) await new Promise((resolve) => setTimeout(resolve, 20));
    group.end(60_000);
    assert.deepEqual(await group.ended, { exitCode: 7 });
    await terminal.close();
    assert.equal(text(), "none\r\nended\r\n");
  });

  test("what still holds it does not keep it", async () => {
    const { terminal } = await opened();
    const holder = startShell(terminal, "exec sleep 60");
    await terminal.close();
    holder.end(1_000);
    assert.deepEqual(await holder.ended, { signal: "SIGTERM" });
  });

  test("a script(1) that says nothing is none, and is ended", async (context) => {
    const directory = await mkdtemp(join(tmpdir(), "left4me-terminal-"));
    context.after(() => rm(directory, { recursive: true }));
    const mark = join(directory, "pid");
    await writeFile(join(directory, "script"), `#!/bin/sh\necho $$ >${mark}\nexec sleep 600\n`, { mode: 0o755 });
    assert.equal(await openTerminal({ env: { PATH: `${directory}:${env.PATH}` }, onOutput: () => {} }), undefined);
    assert.throws(() => process.kill(Number(readFileSync(mark, "utf8")), 0), { code: "ESRCH" });
  });

  test("without a descriptor for it there is none", () => {
    const program = `
      const { openTerminal } = await import(${JSON.stringify(join(import.meta.dirname, "../../../src/exec/terminal.ts"))});
      const { openSync } = await import("node:fs");
      const held = [];
      try { for (;;) held.push(openSync("/dev/null")); } catch {}
      console.log(await openTerminal({ env: { PATH: "/usr/bin:/bin" }, onOutput: () => {} }));`;
    const command = 'ulimit -n 64 && exec "$0" --input-type=module --eval "$1"';
    const { stdout, stderr } = spawnSync("/bin/sh", ["-c", command, process.execPath, program], { encoding: "utf8" });
    assert.deepEqual([stdout, stderr], ["undefined\n", ""]);
  });

  test("without script(1) there is none", async () => {
    assert.equal(await openTerminal({ env: { PATH: "/nonexistent" }, onOutput: () => {} }), undefined);
  });
});

async function opened(): Promise<{ text: () => string; terminal: Terminal }> {
  let text = "";
  const terminal = await openTerminal({
    env,
    onOutput: (bytes) => {
      text += bytes.toString();
    },
  });
  assert.ok(terminal);
  return { text: () => text, terminal };
}

function startShell({ descriptor }: Terminal, command: string) {
  return startProcessGroup("/bin/sh", ["-c", command], { cwd: "/", env, stdout: descriptor, onOutput: () => {} });
}

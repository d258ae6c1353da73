import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DemoHost } from "./demo-host.ts";
import { firstBroken, type Snippet } from "./read-snippets.ts";

const timeoutMs = 60_000;

/** Strict, as the project of a careful user. */
const compilerOptions = {
  strict: true,
  noEmit: true,
  module: "nodenext",
  target: "es2024",
  lib: ["es2024", "esnext.disposable"],
  types: ["node"],
  skipLibCheck: true,
};

/** Checks the types of all TypeScript blocks of a document at once. */
export function compileSnippets(snippets: readonly Snippet[], host: DemoHost): void {
  const files = snippets.filter(({ kind }) => kind === "ts");
  if (files.length === 0) return;
  for (const { fileName, text } of files) writeFileSync(join(host.directory, fileName), text);
  writeFileSync(join(host.directory, "tsconfig.json"), JSON.stringify({ compilerOptions, files: files.map(({ fileName }) => fileName) }));
  const { status, stdout } = spawnSync("tsc", ["-p", "."], { cwd: host.directory, env: host.env, encoding: "utf8" });
  assert.equal(status, 0, stdout);
}

/** Runs one block, or writes its file, and holds it to its promises. */
export function runSnippet(snippet: Snippet, host: DemoHost): void {
  if (snippet.kind === "file") return writeFileSync(join(host.directory, snippet.fileName), snippet.text);
  const [program, ...args] =
    snippet.kind === "ts" ? [process.execPath, snippet.fileName] : ["bash", "-eu", "-o", "pipefail", "-c", `exec 2>&1\n${snippet.text}`];
  const { status, signal, stdout, stderr } = spawnSync(program, args, {
    cwd: host.directory,
    env: host.env,
    encoding: "utf8",
    timeout: timeoutMs,
  });
  const output = stdout + stderr;
  assert.equal(signal, null, `killed after ${timeoutMs / 1000} s; it had printed:\n${output}`);
  assert.equal(status, snippet.exits, `it exited with ${status}, not ${snippet.exits}, and printed:\n${output}`);
  const broken = firstBroken(snippet.prints, output);
  assert.equal(broken, undefined, `it does not print "${broken}" (in this place) but:\n${output}`);
}

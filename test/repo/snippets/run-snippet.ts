import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
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
export async function compileSnippets(snippets: readonly Snippet[], host: DemoHost): Promise<void> {
  const files = snippets.filter(({ kind }) => kind === "ts");
  if (files.length === 0) return;
  for (const { fileName, text } of files) await writeFile(join(host.directory, fileName), text);
  await writeFile(join(host.directory, "tsconfig.json"), JSON.stringify({ compilerOptions, files: files.map(({ fileName }) => fileName) }));
  const { exitCode, stdout } = await execa("tsc", ["-p", "."], { cwd: host.directory, env: host.env, reject: false });
  assert.equal(exitCode, 0, stdout);
}

/** Runs one block, or writes its file, and holds it to its promises. */
export async function runSnippet(snippet: Snippet, host: DemoHost): Promise<void> {
  if (snippet.kind === "file") return await writeFile(join(host.directory, snippet.fileName), snippet.text);
  const [program, ...args] =
    snippet.kind === "ts" ? [process.execPath, snippet.fileName] : ["bash", "-eu", "-o", "pipefail", "-c", `exec 2>&1\n${snippet.text}`];
  const { exitCode, timedOut, all } = await execa(program, args, {
    cwd: host.directory,
    env: host.env,
    extendEnv: false,
    all: true,
    reject: false,
    timeout: timeoutMs,
  });
  assert.ok(!timedOut, `killed after ${timeoutMs / 1000} s; it had printed:\n${all}`);
  assert.equal(exitCode, snippet.exits, `it exited with ${exitCode}, not ${snippet.exits}, and printed:\n${all}`);
  const broken = firstBroken(snippet.prints, all);
  assert.equal(broken, undefined, `it does not print "${broken}" (in this place) but:\n${all}`);
}

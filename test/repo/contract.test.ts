import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { projectRoot } from "./source-imports.ts";

/** The contract as last released; `npm run contract:release` writes it. */
const released = join(projectRoot, "test/repo/fixtures/left4me-host-v1.binpb");

function buf(cwd: string, ...args: string[]): { readonly status: number | null; readonly text: string } {
  const { status, stdout, stderr } = spawnSync("buf", args, { cwd, encoding: "utf8" });
  return { status, text: stdout + stderr };
}

function breaking(cwd: string) {
  return buf(cwd, "breaking", "proto", "--against", released);
}

/** A copy of the contract in which `pattern` of one file is replaced. */
function changedContract(file: string, pattern: RegExp, replacement: string): Disposable & { readonly directory: string } {
  const directory = mkdtempSync(join(tmpdir(), "l4m-contract-"));
  for (const path of ["buf.yaml", "proto", "third_party"]) cpSync(join(projectRoot, path), join(directory, path), { recursive: true });
  const path = join(directory, "proto/left4me/host/v1", file);
  const text = readFileSync(path, "utf8");
  assert.match(text, pattern);
  writeFileSync(path, text.replace(pattern, replacement));
  return { directory, [Symbol.dispose]: () => rmSync(directory, { recursive: true }) };
}

test("the contract meets buf's rules", () => {
  assert.deepEqual(buf(projectRoot, "lint"), { status: 0, text: "" });
});

test("buf's rules are in force: an element without a comment is refused", () => {
  using copy = changedContract("overlay.proto", /(?:^\/\/.*\n)+(?=message Overlay \{)/m, "");
  assert.match(buf(copy.directory, "lint").text, /Overlay.*comment/);
});

test("callers of the last release are not broken", () => {
  assert.deepEqual(breaking(projectRoot), { status: 0, text: "" }, "before the first release: npm run contract:release");
});

test("a break is noticed: a field with another number, and an enumerator that is gone", () => {
  using field = changedContract("log_service.proto", /bool follow = 3;/, "bool follow = 33;");
  assert.match(breaking(field.directory).text, /field "3".*"follow"/);
  using value = changedContract("error_reason.proto", /ERROR_REASON_BUSY = 40;/, "ERROR_REASON_OCCUPIED = 49;");
  assert.match(breaking(value.directory).text, /value "40" on enum "ErrorReason" was deleted/);
});

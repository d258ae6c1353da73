import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type TreeEntry, walkTree } from "../../../../src/host/files/walk-tree.ts";
import { scratch } from "../unpack/scratch.ts";

const { signal } = new AbortController();

async function seen(directory: string, left = 1000) {
  const entries: TreeEntry[] = [];
  const end = await walkTree(directory, { budget: { left }, signal }, (entry) => entries.push(entry));
  return { end, entries, paths: entries.map(({ path }) => path).sort() };
}

test("shows everything, directories before what is in them", async (t) => {
  const root = await scratch(t);
  mkdirSync(join(root, "a/b"), { recursive: true });
  writeFileSync(join(root, "a/b/f"), "12345", { mode: 0o640 });
  const { end, entries, paths } = await seen(root);
  assert.deepEqual([end, paths], ["complete", ["a", "a/b", "a/b/f"]]);
  assert.deepEqual(
    entries.map(({ type }) => type),
    ["directory", "directory", "file"],
  );
  const file = entries.at(-1);
  assert.deepEqual([file?.sizeBytes, file?.mode], [5, 0o640]);
  assert.ok(Math.abs((file?.changeTime ?? 0) - Date.now()) < 60_000);
});

test("follows no link, blocks on no FIFO, and leaves loops alone", async (t) => {
  const root = await scratch(t);
  const outside = await scratch(t);
  writeFileSync(join(outside, "secret"), "");
  symlinkSync(outside, join(root, "out"));
  symlinkSync(".", join(root, "loop"));
  execFileSync("mkfifo", [join(root, "pipe")]);
  const { end, entries } = await seen(root);
  const types = Object.fromEntries(entries.map(({ path, type }) => [path, type]));
  assert.deepEqual([end, types], ["complete", { out: "link", loop: "link", pipe: "other" }]);
});

test("a directory that is swapped for a link while it is walked is not followed", async (t) => {
  const root = await scratch(t);
  const outside = await scratch(t);
  writeFileSync(join(outside, "secret"), "");
  mkdirSync(join(root, "a"));
  const paths: string[] = [];
  const end = await walkTree(root, { budget: { left: 1000 }, signal }, ({ path, type }) => {
    paths.push(`${path} ${type}`);
    if (path !== "a") return;
    renameSync(join(root, "a"), join(root, "b"));
    symlinkSync(outside, join(root, "a"));
  });
  assert.deepEqual([end, paths], ["partial", ["a directory"]]);
});

test("a tree that is moved away while it is walked goes on being that tree", async (t) => {
  const root = await scratch(t);
  mkdirSync(join(root, "tree/d"), { recursive: true });
  writeFileSync(join(root, "tree/d/f"), "");
  const paths: string[] = [];
  await walkTree(join(root, "tree"), { budget: { left: 10 }, signal }, ({ path }) => {
    paths.push(path);
    if (path !== "d") return;
    renameSync(join(root, "tree"), join(root, "moved"));
    symlinkSync("/", join(root, "tree"));
  });
  assert.deepEqual(paths, ["d", "d/f"]);
});

test("ends with its budget, which several walks can share", async (t) => {
  const root = await scratch(t);
  for (let n = 0; n < 300; n += 1) writeFileSync(join(root, `f${n}`), "");
  assert.deepEqual([(await seen(root, 150)).paths.length, (await seen(root, 150)).end], [150, "partial"]);
  assert.equal((await seen(root, 300)).end, "complete");
  const limits = { budget: { left: 400 }, signal };
  assert.equal(await walkTree(root, limits, () => {}), "complete");
  assert.equal(await walkTree(root, limits, () => {}), "partial");
});

test("ends at 64 directories, and when it is told to", async (t) => {
  const root = await scratch(t);
  mkdirSync(join(root, "d/".repeat(80)), { recursive: true });
  const deep = await seen(root);
  assert.deepEqual([deep.end, deep.entries.length], ["partial", 64]);
  const abort = new AbortController();
  const walk = walkTree(root, { budget: { left: 100 }, signal: abort.signal }, () => abort.abort(new Error("enough")));
  await assert.rejects(walk, /enough/);
});

test("tells what is not there, and what is no directory", async (t) => {
  const root = await scratch(t);
  writeFileSync(join(root, "file"), "");
  symlinkSync("/etc", join(root, "link"));
  assert.equal((await seen(join(root, "none"))).end, "missing");
  assert.equal((await seen(join(root, "file"))).end, "refused");
  assert.equal((await seen(join(root, "link"))).end, "refused");
});

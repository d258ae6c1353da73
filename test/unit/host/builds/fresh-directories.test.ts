import assert from "node:assert/strict";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { makeDirectoriesFresh } from "../../../../src/host/builds/fresh-directories.ts";
import { exchanging, noExchange, untouched } from "../files/exchanging.ts";
import { hostError, scratch } from "../unpack/scratch.ts";

test("a directory that is exchanged for a link while the tree is made anew leads nowhere", { skip: noExchange }, async (context) => {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    assert.deepEqual(await exchanging(context, makeDirectoriesFresh), untouched, `attempt ${attempt}`);
  }
});

test("a tree that is too deep is refused", async (context) => {
  const tree = join(await scratch(context), "tree");
  await mkdir(join(tree, ...Array.from({ length: 65 }, () => "d")), { recursive: true });
  await assert.rejects(makeDirectoriesFresh(tree), hostError("UPLOAD_REFUSED", /deep/));
});

test("directories that were closed are opened, and what they hold is kept", async (context) => {
  const tree = join(await scratch(context), "tree");
  await mkdir(join(tree, "a/b"), { recursive: true });
  await writeFile(join(tree, "a/b/file"), "x");
  await mkdir(join(tree, "closed"), { mode: 0 });
  await makeDirectoriesFresh(tree);
  assert.deepEqual((await readdir(tree, { recursive: true })).sort(), ["a", "a/b", "a/b/file", "closed"]);
});

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmod, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { removeTree } from "../../../../src/host/files/remove-tree.ts";
import { scratch } from "../unpack/scratch.ts";
import { exchanging, noExchange, untouched } from "./exchanging.ts";

test("a tree deeper than a path may be long goes, and nothing that its links lead to", async (context) => {
  const directory = await scratch(context);
  await writeFile(join(directory, "kept"), "kept");
  const tree = join(directory, "tree");
  await mkdir(tree);
  await symlink("../kept", join(tree, "link"));
  await symlink("..", join(tree, "up"));
  const name = "d".repeat(200);
  const dig = 'chdir shift; for (1 .. 200) { mkdir $ARGV[0] or die; chdir $ARGV[0] or die; open(my $file, ">", "file") or die }';
  execFileSync("perl", ["-e", dig, tree, name]);
  await removeTree(tree);
  assert.deepEqual(await readdir(directory), ["kept"]);
  assert.equal(await readFile(join(directory, "kept"), "utf8"), "kept");
});

test("directories that were closed are opened", {
  skip: process.getuid?.() === 0 && "root is not kept out of closed directories",
}, async (context) => {
  const directory = await scratch(context);
  const tree = join(directory, "tree");
  await mkdir(join(tree, "closed/inner"), { recursive: true });
  await writeFile(join(tree, "closed/inner/file"), "x");
  for (const path of ["closed/inner", "closed", "."]) await chmod(join(tree, path), 0);
  await removeTree(tree);
  assert.deepEqual(await readdir(directory), []);
});

test("what is not there is no failure", async (context) => {
  await removeTree(join(await scratch(context), "nothing"));
});

test("a directory that is exchanged for a link while its tree is removed leads nowhere", { skip: noExchange }, async (context) => {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    assert.deepEqual(await exchanging(context, removeTree), untouched, `attempt ${attempt}`);
  }
});

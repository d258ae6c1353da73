import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { FileError, MergedTree } from "../../../src/testing/game/merged-tree.ts";
import { preserved, uncover, type WrittenTree, writtenFiles } from "../../../src/testing/game/written-tree.ts";

/** A game directory over layers with these files, the top first. */
function treeOver(t: TestContext, ...layers: Readonly<Record<string, string>>[]) {
  const directory = mkdtempSync(join(tmpdir(), "l4m-merged-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const paths = layers.map((_, index) => join(directory, String(index)));
  for (const [index, files] of layers.entries()) {
    mkdirSync(join(directory, String(index)));
    for (const [path, text] of Object.entries(files)) {
      const at = join(directory, String(index), path);
      mkdirSync(dirname(at), { recursive: true });
      if (text.startsWith("-> ")) symlinkSync(text.slice(3), at);
      else writeFileSync(at, text);
    }
  }
  const written: WrittenTree = new Map();
  return { tree: new MergedTree(paths, written), written, paths };
}

/** The code of the error with which something fails. */
function code(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof FileError) return error.code;
    throw error;
  }
  return "none";
}

const bytes = (text: string) => Buffer.from(text);

test("layers merge, and nothing that is written reaches them", (t) => {
  const { tree, paths } = treeOver(t, { "d/top": "t", "d/both": "upper" }, { "d/both": "lower", "d/low": "l" });
  assert.deepEqual(tree.list("d"), ["both", "low", "top"]);
  assert.equal(tree.read("d/both").toString(), "upper");
  tree.write("d/low", bytes("+"), "append");
  tree.remove("d/both");
  assert.deepEqual([tree.list("d"), tree.read("d/low").toString(), code(() => tree.read("d/both"))], [["low", "top"], "l+", "ENOENT"]);
  assert.equal(readFileSync(join(paths[1] ?? "", "d/low"), "utf8"), "l");
  assert.equal(readFileSync(join(paths[0] ?? "", "d/both"), "utf8"), "upper");
});

test("a directory that was removed and made again is empty", (t) => {
  const { tree, written } = treeOver(t, { "a/d/file": "x" });
  tree.remove("a/d");
  assert.deepEqual(written.get("a/d"), { type: "whiteout" });
  tree.makeDirectory("a/d/e");
  assert.deepEqual(tree.list("a/d"), ["e"]);
});

test("links are followed, never out of the tree", (t) => {
  const { tree } = treeOver(t, {
    "d/file": "x",
    "links/inner": "-> ../d/file",
    "links/up": "-> ../../../../d",
    "links/outer": "-> /etc/hostname",
    "links/circle": "-> circle",
  });
  assert.equal(tree.read("links/inner").toString(), "x");
  assert.deepEqual(tree.list("links/up"), ["file"], "above the top is the top");
  assert.deepEqual(
    ["links/outer", "links/circle", "/etc/hostname", "../../etc/hostname"].map((path) => code(() => tree.read(path))),
    ["ENOENT", "ELOOP", "ENOENT", "ENOENT"],
  );
  tree.write("links/inner", bytes("y"));
  assert.equal(tree.read("d/file").toString(), "y");
  assert.equal(tree.stat("links/inner").type, "symlink");
});

test("errors are those of the file system", (t) => {
  const { tree } = treeOver(t, { "d/file": "x" });
  tree.makeDirectory("new/deep");
  tree.write("new/deep/file", bytes("n"));
  assert.equal(
    code(() => tree.read("d")),
    "EISDIR",
  );
  assert.equal(
    code(() => tree.list("d/file")),
    "ENOTDIR",
  );
  assert.equal(
    code(() => tree.read("d/file/below")),
    "ENOTDIR",
  );
  assert.equal(
    code(() => tree.write("none/file", bytes(""))),
    "ENOENT",
  );
  assert.equal(
    code(() => tree.makeDirectory("d/file")),
    "EEXIST",
  );
  assert.equal(
    code(() => tree.move("d", "e")),
    "EXDEV",
  );
  assert.equal(
    code(() => tree.move("d/file", "new")),
    "EISDIR",
  );
  tree.move("new", "moved");
  assert.equal(tree.read("moved/deep/file").toString(), "n");
  assert.equal(
    code(() => tree.stat("new")),
    "ENOENT",
  );
});

test("what is written is told, kept by pattern, and uncovered for managed files", (t) => {
  const { tree, written } = treeOver(t, { "cfg/server.cfg": "generated", "cfg/old": "" });
  tree.write("cfg/banned.cfg", bytes("12"));
  tree.remove("cfg/old");
  const told = writtenFiles(written);
  assert.deepEqual(
    told.files.map(({ path, deleted, sizeBytes }) => [path, deleted, sizeBytes]),
    [
      ["cfg/banned.cfg", false, 2],
      ["cfg/old", true, 0],
    ],
  );
  assert.deepEqual([...preserved(written, ["**/banned.*"]).keys()].sort(), ["cfg", "cfg/banned.cfg"]);
  tree.remove("cfg");
  tree.makeDirectory("cfg");
  tree.write("cfg/server.cfg", bytes("spoiled"));
  uncover(written, ["cfg/server.cfg"]);
  assert.equal(tree.read("cfg/server.cfg").toString(), "generated");
});

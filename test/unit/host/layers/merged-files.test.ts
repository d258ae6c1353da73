import assert from "node:assert/strict";
import { test } from "node:test";
import type { EntryType } from "../../../../src/host/files/walk-tree.ts";
import { withWritten } from "../../../../src/host/layers/file-origins.ts";
import { MergedFiles } from "../../../../src/host/layers/merged-files.ts";

const types: Readonly<Record<string, EntryType>> = { "/": "directory", "!": "whiteout", "@": "link" };

/** Layers from top to bottom; `d/` is a directory, `w!` a whiteout, `l@` a link, anything else a file. */
function merge(...layers: (readonly string[])[]) {
  const merged = new MergedFiles();
  for (const [layer, entries] of layers.entries()) {
    for (const entry of entries) {
      const type = types[entry.at(-1) ?? ""] ?? "file";
      merged.add(layer, { path: type === "file" ? entry : entry.slice(0, -1), type, sizeBytes: 0 });
    }
  }
  return merged;
}

const shown = (merged: MergedFiles) => Object.fromEntries([...merged.files()].map(({ path, layer, hides }) => [path, [layer, ...hides]]));

const stacks: readonly (readonly [what: string, layers: (readonly string[])[], shown: Record<string, number[]>])[] = [
  ["files of one path: the first layer counts", [["f"], ["g"], ["f", "g"]], { f: [0, 2], g: [1, 2] }],
  [
    "directories merge",
    [
      ["d/", "d/a"],
      ["d/", "d/b"],
    ],
    { "d/a": [0], "d/b": [1] },
  ],
  ["a file hides a directory and what is in it", [["d"], ["d/", "d/e/", "d/e/a"], ["d/", "d/b"]], { d: [0, 1, 2] }],
  ["a directory hides a file", [["d/", "d/a"], ["d"]], { "d/a": [0] }],
  ["a file under a directory ends the merging", [["d/", "d/a"], ["d"], ["d/", "d/a", "d/b"]], { "d/a": [0] }],
  ["a whiteout hides a file", [["w!"], ["w"]], {}],
  ["a whiteout hides a directory and what is in it", [["w!"], ["w/", "w/x/", "w/x/a"], ["w/", "w/b"]], {}],
  ["a whiteout under a file: what is below is the whiteout's", [["f"], ["f"], ["f!"], ["f"]], { f: [0, 1] }],
  ["a whiteout under a directory ends the merging", [["d/", "d/a"], ["d!"], ["d/", "d/a", "d/b"]], { "d/a": [0] }],
  ["a whiteout hides nothing above it", [["f"], ["f!"]], { f: [0] }],
  ["a link counts as a file", [["l@"], ["l"], ["l/", "l/a"]], { l: [0, 1, 2] }],
];

for (const [what, layers, expected] of stacks) test(what, () => assert.deepEqual(shown(merge(...layers)), expected));

test("what is below reaches a path only where nothing stands in between", () => {
  const merged = merge(["d/", "d/a", "w!", "f"], ["d!"]);
  const open = ["x", "x/y", "f", "d/a", "d/z", "w", "w/a", "f/a"].map((path) => [path, merged.isOpenBelow(path)]);
  assert.deepEqual(Object.fromEntries(open), {
    x: true,
    "x/y": true,
    f: true,
    "d/a": false,
    "d/z": false,
    w: false,
    "w/a": false,
    "f/a": false,
  });
});

test("what the game wrote hides the layers, but for what every start renews", () => {
  const origin = (path: string) => ({ path, layer: 2, hides: [3], sizeBytes: 1 });
  const files = ["cfg/server.cfg", "d/a", "deleted", "kept", "written"].map(origin);
  const written = {
    files: [
      { path: "cfg/server.cfg", deleted: false, sizeBytes: 9 },
      { path: "d", deleted: true, sizeBytes: 0 },
      { path: "deleted", deleted: true, sizeBytes: 0 },
      { path: "written", deleted: false, sizeBytes: 7 },
    ],
    truncated: false,
  };
  assert.deepEqual(withWritten(files, written, ["cfg/server.cfg"]), [
    origin("cfg/server.cfg"),
    origin("kept"),
    { path: "written", layer: 0, hides: [2, 3], sizeBytes: 7 },
  ]);
  assert.deepEqual(withWritten(files, undefined, []), files);
});

import assert from "node:assert/strict";
import { chmod, mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { keepFiles } from "../../../src/drivers/embedded/upper/kept-files.ts";
import { allowSearch, removeManaged, uncoverManaged } from "../../../src/drivers/embedded/upper/managed-files.ts";
import { exchanging, noExchange, untouched } from "../host/files/exchanging.ts";
import { scratch } from "../host/unpack/scratch.ts";

const attempts = 20;

test("managed files are not removed where a link leads that has taken a directory's place", { skip: noExchange }, async (context) => {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const found = await exchanging(context, async (tree) => {
      for (let round = 0; round < 20; round += 1) await removeManaged(tree, ["d/victim"]).catch(() => {});
    });
    assert.deepEqual(found, untouched, `attempt ${attempt}`);
  }
});

test("directories are not uncovered where such a link leads", { skip: noExchange }, async (context) => {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const found = await exchanging(context, (tree) => uncoverManaged(besides(tree), ["d/inner/file"]));
    assert.deepEqual(found, untouched, `attempt ${attempt}`);
  }
});

test("nothing is kept of where such a link leads", { skip: noExchange }, async (context) => {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const to = await scratch(context);
    await exchanging(context, async (from) => {
      await keepFiles({ from, to, globs: ["d/*"], how: "copy", owner: undefined });
    });
    assert.doesNotMatch((await readdir(to, { recursive: true })).join(" "), /victim/, `attempt ${attempt}`);
  }
});

test("a directory that is opened to us again keeps no bit but permissions", async (context) => {
  const directory = await scratch(context);
  await chmod(directory, 0o6055);
  allowSearch(directory);
  assert.equal((await stat(directory)).mode & 0o7777, 0o755);
});

test("a directory of upper is made anew with what it holds and its mode; no name in upper is taken for ours", async (context) => {
  const paths = besides(join(await scratch(context), "upper"));
  const theirs = ["left4dead2", "left4dead2/cfg", "left4dead2/cfg.renewed", "left4dead2/cfg.renewed/deep", "left4dead2/cfg/file"];
  await mkdir(join(paths.upper, "left4dead2/cfg.renewed/deep"), { recursive: true });
  await mkdir(join(paths.upper, "left4dead2/cfg"));
  await writeFile(join(paths.upper, "left4dead2/cfg/file"), "x");
  await chmod(join(paths.upper, "left4dead2/cfg"), 0o750);
  const before = await stat(join(paths.upper, "left4dead2/cfg"));
  await uncoverManaged(paths, ["left4dead2/cfg/server.cfg"]);
  assert.deepEqual((await readdir(paths.upper, { recursive: true })).sort(), theirs);
  const after = await stat(join(paths.upper, "left4dead2/cfg"));
  assert.equal(after.mode & 0o777, 0o750);
  assert.notEqual(after.ino, before.ino);
  assert.deepEqual(await readdir(join(paths.upper, "..")), ["upper"]);
});

function besides(upper: string): { upper: string; renewed: string } {
  return { upper, renewed: join(dirname(upper), "renewed") };
}

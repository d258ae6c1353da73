import assert from "node:assert/strict";
import { chmod, mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
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
    const found = await exchanging(context, (tree) => uncoverManaged(tree, ["d/inner/file"]));
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

test("a directory of upper is made anew with what it holds and its mode, whatever lies in its way", async (context) => {
  const upper = await scratch(context);
  await mkdir(join(upper, "left4dead2/cfg.renewed/deep"), { recursive: true });
  await mkdir(join(upper, "left4dead2/cfg"));
  await writeFile(join(upper, "left4dead2/cfg/file"), "x");
  await chmod(join(upper, "left4dead2/cfg"), 0o750);
  await uncoverManaged(upper, ["left4dead2/cfg/server.cfg"]);
  assert.deepEqual((await readdir(upper, { recursive: true })).sort(), ["left4dead2", "left4dead2/cfg", "left4dead2/cfg/file"]);
  assert.equal((await stat(join(upper, "left4dead2/cfg"))).mode & 0o777, 0o750);
});

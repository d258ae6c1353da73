import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { HandPlacedOverlays } from "../../../../src/host/overlays/hand-placed.ts";
import { scratch } from "../unpack/scratch.ts";

const never = new AbortController().signal;

test("files are counted, links and directories are not; the newest change is one of any of them", async (t) => {
  const tree = await scratch(t);
  mkdirSync(join(tree, "left4dead2/cfg"), { recursive: true });
  writeFileSync(join(tree, "left4dead2/cfg/a.cfg"), "12345");
  writeFileSync(join(tree, "left4dead2/b"), "12");
  utimesSync(join(tree, "left4dead2/b"), 1, 1); // whatever it says of itself
  symlinkSync("/etc", join(tree, "left4dead2/etc"));
  const { newest, count } = await new HandPlacedOverlays(never).look(tree, never);
  assert.deepEqual(count, { sizeBytes: 7, files: 2 });
  assert.ok(Math.abs(newest - Date.now()) < 60_000);
});

test("what is no tree counts for nothing, and fails nobody", async (t) => {
  const file = join(await scratch(t), "file");
  writeFileSync(file, "x");
  const overlays = new HandPlacedOverlays(never);
  assert.deepEqual(await overlays.look(file, never), { newest: 0 });
  assert.deepEqual(await overlays.look(join(file, "..", "missing"), never), { newest: 0 });
});

test("who leaves does not end the walk of the others", async (t) => {
  const tree = await scratch(t);
  for (let index = 0; index < 500; index += 1) writeFileSync(join(tree, String(index)), "x");
  const overlays = new HandPlacedOverlays(never);
  const leaves = new AbortController();
  const left = overlays.look(tree, leaves.signal);
  const stays = overlays.look(tree, never);
  leaves.abort(new Error("left"));
  await assert.rejects(left, /left/);
  assert.deepEqual((await stays).count, { sizeBytes: 500, files: 500 });
});

test("a list does not wait for what takes long: it is told what was last counted, and counting goes on", async (t) => {
  const [large, small] = [await scratch(t), await scratch(t)];
  for (let index = 0; index < 3000; index += 1) writeFileSync(join(large, String(index)), "x");
  writeFileSync(join(small, "a"), "12");
  const overlays = new HandPlacedOverlays(never);
  const counts = async (patienceMs: number) => {
    const found = await overlays.counts([large, small], never, patienceMs);
    return [large, small].map((directory) => found.get(directory));
  };
  assert.deepEqual(await counts(0), [undefined, undefined]);
  const whole = [
    { sizeBytes: 3000, files: 3000 },
    { sizeBytes: 2, files: 1 },
  ];
  assert.deepEqual(await counts(60_000), whole);
  writeFileSync(join(small, "b"), "12");
  assert.deepEqual(await counts(0), whole, "what was last counted");
  assert.deepEqual((await overlays.counts([small], never, 60_000)).get(small), whole[1], "an answer is good for three seconds");
});

test("what cannot be counted is not known, and who leaves is told so", async (t) => {
  const file = join(await scratch(t), "file");
  writeFileSync(file, "x");
  const overlays = new HandPlacedOverlays(never);
  assert.equal((await overlays.counts([file, `${file}-missing`], never, 60_000)).size, 0);
  await assert.rejects(overlays.counts([file], AbortSignal.abort(new Error("left")), 60_000), /left/);
});

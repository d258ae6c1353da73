import assert from "node:assert/strict";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { resolveInLayers } from "../../../../src/host/builds/resolve-in-layers.ts";
import { scratch } from "../unpack/scratch.ts";

test("links are followed through all layers, and not out of them", async (t) => {
  const root = await scratch(t);
  const layers = [join(root, "top"), join(root, "base")];
  for (const layer of layers) await mkdir(join(layer, ".steam"), { recursive: true });
  const [top = "", base = ""] = layers;
  await mkdir(join(base, "linux32"));
  await writeFile(join(base, "linux32/steamclient.so"), "x");
  await symlink("../linux32", join(top, ".steam/sdk32"));
  await symlink("./sdk32/../.steam/sdk32/", join(base, ".steam/again"));
  await symlink("nowhere", join(top, ".steam/dangling"));
  await symlink(join(base, "linux32"), join(top, ".steam/absolute"));
  await symlink("../../base/linux32", join(top, ".steam/out"));
  await symlink("loop", join(top, ".steam/loop"));
  const look = async (directory: string) => (await resolveInLayers(layers, `.steam/${directory}/steamclient.so`))?.source;
  assert.equal(await look("sdk32"), join(base, "linux32/steamclient.so"));
  assert.equal(await look("again"), join(base, "linux32/steamclient.so"));
  for (const lost of ["dangling", "absolute", "out", "loop", "missing"]) assert.equal(await look(lost), undefined, lost);
});

import assert from "node:assert/strict";
import { truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { readListing } from "../../../../src/host/install/installer-listing.ts";
import { hostError, scratch } from "../unpack/scratch.ts";

const limits = { entries: 3, nameCharacters: 4096 };

test("a listing within its limits is read", async (context) => {
  const path = await listing(context, ["a", "a/b", "a", "é"]);
  assert.deepEqual(await readListing(path, limits), new Set(["a", "a/b", "é"]));
});

test("more paths than an archive may hold are refused", async (context) => {
  await refused(await listing(context, ["a", "b", "c", "d"]), /too many paths/);
});

test("more characters than an archive's names may have are refused, repeated ones too", async (context) => {
  const name = "x".repeat(2000);
  assert.equal((await readListing(await listing(context, [name, name]), limits)).size, 1);
  await refused(await listing(context, [name, name, name]), /too many paths/);
});

test("a file that is larger than any listing may be is not read", async (context) => {
  const path = await listing(context, ["a"]);
  await truncate(path, 4 * limits.nameCharacters + 1);
  await refused(path, /too large/);
});

test("a path that is longer than paths are is refused, with its end or without", async (context) => {
  for (const names of [["x".repeat(4097)], ["x".repeat(4097), "a"]])
    await refused(await listing(context, names), /a path that is none/, { entries: 3, nameCharacters: 100_000 });
});

async function listing(context: TestContext, names: readonly string[]): Promise<string> {
  const path = join(await scratch(context), "listing");
  await writeFile(path, names.map((name) => `${name}\0`).join(""));
  return path;
}

async function refused(path: string, message: RegExp, within = limits): Promise<void> {
  await assert.rejects(readListing(path, within), hostError("INSTALL_INCOMPLETE", message));
}

import assert from "node:assert/strict";
import { mkdir, readdir, readFile, readlink, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { z } from "zod";
import {
  readJsonFile,
  renameDurably,
  replaceSymlinkDurably,
  sweepTemporaryFiles,
  writeFileDurably,
} from "../../../../src/host/files/durable-file.ts";
import { hostError, scratch } from "../unpack/scratch.ts";

test("a file is replaced with exactly the mode asked for, and nothing is left beside it", async (context) => {
  const directory = await scratch(context);
  const path = join(directory, "record.json");
  await writeFile(path, "old", { mode: 0o600 });
  const umask = process.umask(0o077);
  await writeFileDurably(path, "new", 0o664);
  process.umask(umask);
  assert.equal(await readFile(path, "utf8"), "new");
  assert.equal((await stat(path)).mode & 0o7777, 0o664);
  assert.deepEqual(await readdir(directory), ["record.json"]);
});

test("a write that fails leaves the old state and no temporary file", async (context) => {
  const directory = await scratch(context);
  await mkdir(join(directory, "taken"));
  await assert.rejects(writeFileDurably(join(directory, "taken"), "x", 0o600), { code: "EISDIR" });
  await assert.rejects(replaceSymlinkDurably(join(directory, "taken"), "x"), { code: "EISDIR" });
  assert.deepEqual(await readdir(directory), ["taken"]);
});

test("a link is replaced, and a rename crosses directories", async (context) => {
  const directory = await scratch(context);
  const link = join(directory, "link");
  await replaceSymlinkDurably(link, "a");
  await replaceSymlinkDurably(link, "b");
  assert.equal(await readlink(link), "b");
  await mkdir(join(directory, "d"));
  await renameDurably(link, join(directory, "d/moved"));
  assert.deepEqual(await readdir(directory), ["d"]);
});

test("state is read through its schema: missing is undefined, damaged is STATE_DAMAGED with the path", async (context) => {
  const path = join(await scratch(context), "state.json");
  const schema = z.object({ id: z.string() });
  assert.equal(await readJsonFile(path, schema), undefined);
  await writeFile(path, '{"id":"x","more":1}');
  assert.deepEqual(await readJsonFile(path, schema), { id: "x" });
  for (const damage of ["", '{"id":', '{"id":3}', "\0\0\0\0"]) {
    await writeFile(path, damage);
    await assert.rejects(
      readJsonFile(path, schema),
      (error) => hostError("STATE_DAMAGED")(error) && (error as { metadata: Record<string, string> }).metadata["path"] === path,
    );
  }
});

test("what a crash left of unfinished writes is swept", async (context) => {
  const directory = await scratch(context);
  await writeFile(join(directory, "~left4me-0123456789abcdef"), "half");
  await writeFile(join(directory, "kept"), "");
  await sweepTemporaryFiles(directory);
  assert.deepEqual(await readdir(directory), ["kept"]);
});

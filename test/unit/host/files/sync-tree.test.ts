import assert from "node:assert/strict";
import promises, { type FileHandle, mkdir, symlink, writeFile } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { syncTree } from "../../../../src/host/files/sync-tree.ts";
import { scratch } from "../unpack/scratch.ts";

test("many empty directories are no reason to open all of them at once", async (t) => {
  const tree = await scratch(t);
  for (let index = 0; index < 500; index += 1) await mkdir(join(tree, `d${index}/inner`), { recursive: true });
  const opened = mostOpenAtOnce(t);
  await syncTree(tree, 0);
  assert.ok(opened() <= 64, `${opened()} at once`);
});

test("few entries are flushed one by one, links and what they lead to are not", async (t) => {
  const tree = await scratch(t);
  await mkdir(join(tree, "a/b"), { recursive: true });
  await writeFile(join(tree, "a/b/file"), "x");
  await symlink("/dev/null", join(tree, "a/link"));
  const opened = mostOpenAtOnce(t);
  await syncTree(tree, 1);
  assert.ok(opened() > 0, "not by sync(1)");
});

/** Counts the files that are open at the same time. @returns the most that were so far */
function mostOpenAtOnce(t: TestContext): () => number {
  const { open } = promises;
  let now = 0;
  let most = 0;
  promises.open = async (...args): Promise<FileHandle> => {
    now += 1;
    most = Math.max(most, now);
    const handle = await open(...args);
    const close = handle.close.bind(handle);
    handle.close = async () => {
      now -= 1;
      await close();
    };
    return handle;
  };
  syncBuiltinESMExports();
  t.after(() => {
    promises.open = open;
    syncBuiltinESMExports();
  });
  return () => most;
}

import assert from "node:assert/strict";
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { uncoverManaged } from "../../../src/drivers/embedded/upper/managed-files.ts";
import { type RenewalPaths, settleRenewed } from "../../../src/drivers/embedded/upper/renewed-directory.ts";
import { scratch } from "../host/unpack/scratch.ts";

const managed = ["left4dead2/cfg/server.cfg"];
const names = ["a", "b", "sub", "sub/c"];
const all = ["left4dead2", "left4dead2/cfg", ...names.map((name) => `left4dead2/cfg/${name}`), "left4dead2/other"];

test("a kill at any moment while managed directories are uncovered loses nothing", async (context) => {
  for (let changes = 0, wasKilled = true; wasKilled; changes += 1) {
    const paths = await written(context);
    wasKilled = await killedAfter(changes, () => uncoverManaged(paths, managed));
    await settleRenewed(paths);
    assert.deepEqual(await found(paths), all, `killed after ${changes} changes`);
    await uncoverManaged(paths, managed);
    assert.deepEqual(await found(paths), all, `killed after ${changes} changes, and done again`);
  }
});

test("nor does another one while what it left is put in order", async (context) => {
  for (let first = 0, wasKilled = true; wasKilled; first += 1) {
    for (let changes = 0, wasKilledAgain = true; wasKilledAgain; changes += 1) {
      const paths = await written(context);
      wasKilled = await killedAfter(first, () => uncoverManaged(paths, managed));
      wasKilledAgain = await killedAfter(changes, () => settleRenewed(paths));
      await settleRenewed(paths);
      assert.deepEqual(await found(paths), all, `killed after ${first} changes, then after ${changes}`);
    }
  }
});

test("what somebody has put in the way meanwhile goes, and where the way has gone nothing is left", async (context) => {
  for (const spoil of ["cfg/theirs", "cfg"]) {
    const paths = await killedWhileAside(context);
    await fs.mkdir(dirname(join(paths.upper, "left4dead2", spoil)), { recursive: true });
    await fs.writeFile(join(paths.upper, "left4dead2", spoil), "theirs");
    await settleRenewed(paths);
    assert.deepEqual(await found(paths), all, spoil);
  }
  const paths = await killedWhileAside(context);
  await fs.rm(join(paths.upper, "left4dead2"), { recursive: true });
  await settleRenewed(paths);
  assert.deepEqual(await found(paths), []);
});

test("directories that the game has closed are moved as well", async (context) => {
  const paths = await written(context);
  for (const path of ["cfg/sub", "cfg", "."]) await fs.chmod(join(paths.upper, "left4dead2", path), 0o555);
  await uncoverManaged(paths, managed);
  assert.deepEqual(await found(paths), all);
});

/** What a game wrote. */
async function written(context: TestContext): Promise<RenewalPaths> {
  const directory = await scratch(context);
  const paths = { upper: join(directory, "upper"), renewed: join(directory, "renewed") };
  await fs.mkdir(join(paths.upper, "left4dead2/cfg/sub"), { recursive: true });
  for (const path of ["cfg/a", "cfg/b", "cfg/sub/c", "other"]) await fs.writeFile(join(paths.upper, "left4dead2", path), path);
  return paths;
}

/** What a kill leaves at a moment when the directory is not in upper. */
async function killedWhileAside(context: TestContext): Promise<RenewalPaths> {
  for (let changes = 0; ; changes += 1) {
    const paths = await written(context);
    assert.ok(await killedAfter(changes, () => uncoverManaged(paths, managed)));
    if ((await fs.readdir(join(paths.upper, "left4dead2")).catch(() => ["cfg"])).join() === "other") return paths;
  }
}

/** What is in upper; beside it nothing is left. */
async function found({ upper }: RenewalPaths): Promise<string[]> {
  assert.deepEqual(await fs.readdir(join(upper, "..")), ["upper"]);
  return (await fs.readdir(upper, { recursive: true })).sort();
}

/** Works until so many changes are made; from then on nothing changes, as in a process that was killed. @returns whether it was */
async function killedAfter(changes: number, work: () => Promise<unknown>): Promise<boolean> {
  const methods = ["rename", "rmdir", "mkdir", "unlink", "chmod", "chown"] as const;
  const originals = methods.map((method) => fs[method]);
  let made = 0;
  const counting =
    (original: (...args: never[]) => Promise<unknown>) =>
    async (...args: never[]) => {
      if (made === changes) throw new Error("killed");
      made += 1;
      return original(...args);
    };
  for (const method of methods) Object.assign(fs, { [method]: counting(fs[method] as (...args: never[]) => Promise<unknown>) });
  syncBuiltinESMExports();
  try {
    return await work().then(
      () => false,
      () => true,
    );
  } finally {
    for (const [index, method] of methods.entries()) Object.assign(fs, { [method]: originals[index] });
    syncBuiltinESMExports();
  }
}

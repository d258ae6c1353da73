import assert from "node:assert/strict";
import type { Tree } from "../fixtures/archive.ts";
import { script, type TestContext } from "../fixtures/test-context.ts";
import { area } from "../runner/test-case.ts";

const dir = "left4dead2/cf";

/** What an instance over one overlay finds after the game has changed things: at once, after a restart, after a reset. */
async function threeLives(t: TestContext, tree: Tree, changes: readonly string[], looks: readonly string[]) {
  const overlay = await t.overlay(tree);
  const { game, printed: now } = await t.play([...changes, ...looks], { overlays: [{ ref: overlay }] });
  await game.initialize({ config: script(looks) });
  await game.restart();
  const later = await game.printed();
  await game.reset();
  await game.start();
  const fresh = await game.printed();
  return { now, later, fresh, game };
}

export const overlayFiles = area("overlays", (test) => {
  const discards = "Stops the game, makes STOPPED the desired state and discards everything that the game wrote";

  test("update-of-a-lower-file", discards, async (t) => {
    const look = `sim_cat ${dir}/a.txt`;
    const { now, later, fresh } = await threeLives(t, { [`${dir}/a.txt`]: "lower" }, [`sim_append ${dir}/a.txt " and more"`], [look]);
    assert.deepEqual([now.answer(look), later.answer(look), fresh.answer(look)], ["lower and more", "lower and more", "lower"]);
  });

  test("deletion-of-a-lower-file", discards, async (t) => {
    const [cat, ls] = [`sim_cat ${dir}/a.txt`, `sim_ls ${dir}`] as const;
    const tree = { [`${dir}/a.txt`]: "lower", [`${dir}/b.txt`]: "stays" };
    const { now, later, fresh } = await threeLives(t, tree, [`sim_rm ${dir}/a.txt`], [cat, ls]);
    for (const life of [now, later]) assert.deepEqual([life.answer(cat), life.answer(ls)], ["error ENOENT", ["b.txt"]]);
    assert.deepEqual([fresh.answer(cat), fresh.answer(ls)], ["lower", ["a.txt", "b.txt"]]);
  });

  test("deletion-of-a-file-of-the-build", discards, async (t) => {
    const cat = "sim_cat left4dead2/motd.txt";
    const { now, later, fresh } = await threeLives(t, { [`${dir}/x`]: "" }, ["sim_rm left4dead2/motd.txt"], [cat]);
    assert.deepEqual([now.answer(cat), later.answer(cat)], ["error ENOENT", "error ENOENT"]);
    assert.match(String(fresh.answer(cat)), /stand-in/);
  });

  test("file-created-again-after-its-deletion", discards, async (t) => {
    const cat = `sim_cat ${dir}/a.txt`;
    const { now, later, fresh } = await threeLives(
      t,
      { [`${dir}/a.txt`]: "lower" },
      [`sim_rm ${dir}/a.txt`, `sim_write ${dir}/a.txt again`],
      [cat],
    );
    assert.deepEqual([now.answer(cat), later.answer(cat), fresh.answer(cat)], ["again", "again", "lower"]);
  });

  test("directory-replaced-by-a-file", discards, async (t) => {
    const tree = { [`${dir}/d/one.txt`]: "1", [`${dir}/d/two.txt`]: "2" };
    const [cat, ls] = [`sim_cat ${dir}/d`, `sim_ls ${dir}/d`] as const;
    const { now, later, fresh } = await threeLives(t, tree, [`sim_rm ${dir}/d`, `sim_write ${dir}/d file`], [cat, ls]);
    for (const life of [now, later]) assert.deepEqual([life.answer(cat), life.answer(ls)], ["file", "error ENOTDIR"]);
    assert.deepEqual(fresh.answer(ls), ["one.txt", "two.txt"]);
  });

  test("directory-created-again-is-empty", discards, async (t) => {
    const ls = `sim_ls ${dir}/d`;
    const { now, later, fresh } = await threeLives(t, { [`${dir}/d/one.txt`]: "1" }, [`sim_rm ${dir}/d`, `sim_mkdir ${dir}/d`], [ls]);
    assert.deepEqual([now.answer(ls), later.answer(ls), fresh.answer(ls)], [[], [], ["one.txt"]]);
  });

  test("file-replaced-by-a-directory", discards, async (t) => {
    const [cat, ls] = [`sim_cat ${dir}/a`, `sim_ls ${dir}/a`] as const;
    const { now, later, fresh } = await threeLives(t, { [`${dir}/a`]: "file" }, [`sim_rm ${dir}/a`, `sim_mkdir ${dir}/a`], [cat, ls]);
    for (const life of [now, later]) assert.deepEqual([life.answer(cat), life.answer(ls)], ["error EISDIR", []]);
    assert.equal(fresh.answer(cat), "file");
  });

  test("rename-of-a-lower-file", discards, async (t) => {
    const [old, renamed] = [`sim_cat ${dir}/a.txt`, `sim_cat ${dir}/b.txt`] as const;
    const { now, later, fresh } = await threeLives(t, { [`${dir}/a.txt`]: "lower" }, [`sim_mv ${dir}/a.txt ${dir}/b.txt`], [old, renamed]);
    for (const life of [now, later]) assert.deepEqual([life.answer(old), life.answer(renamed)], ["error ENOENT", "lower"]);
    assert.deepEqual([fresh.answer(old), fresh.answer(renamed)], ["lower", "error ENOENT"]);
  });

  test("rename-over-a-lower-file", discards, async (t) => {
    const cat = `sim_cat ${dir}/a.txt`;
    const tree = { [`${dir}/a.txt`]: "a", [`${dir}/b.txt`]: "b" };
    const { now, later, fresh } = await threeLives(t, tree, [`sim_mv ${dir}/b.txt ${dir}/a.txt`], [cat]);
    assert.deepEqual([now.answer(cat), later.answer(cat), fresh.answer(cat)], ["b", "b", "a"]);
  });

  test("writes-reach-no-other-instance", "The overlays to stack over the game, the first with the highest precedence.", async (t) => {
    const ref = await t.overlay({ [`${dir}/shared.txt`]: "original" });
    const spec = { overlays: [{ ref }] };
    const cat = `sim_cat ${dir}/shared.txt`;
    const { printed } = await t.play([`sim_write ${dir}/shared.txt spoiled`, "sim_rm left4dead2/motd.txt", cat], spec);
    assert.equal(printed.answer(cat), "spoiled");
    const other = await t.play([cat, "sim_cat left4dead2/motd.txt"], spec);
    assert.equal(other.printed.answer(cat), "original");
    assert.match(String(other.printed.answer("sim_cat left4dead2/motd.txt")), /stand-in/);
  });

  test(
    "modes-are-kept",
    "Design: every lower tree is readable and, where it was, executable; the game can write through merged.",
    async (t) => {
      const ref = await t.overlay({
        [`${dir}/plain.txt`]: { mode: 0o600, content: "p" },
        [`${dir}/tool`]: { mode: 0o700, content: "#!/bin/sh\n" },
      });
      const { printed } = await t.play(
        [`sim_cat ${dir}/plain.txt`, `sim_stat ${dir}/tool`, `sim_stat ${dir}/plain.txt`, `sim_append ${dir}/plain.txt q`],
        {
          overlays: [{ ref }],
        },
      );
      assert.equal(printed.answer(`sim_cat ${dir}/plain.txt`), "p");
      assert.match(JSON.stringify(printed.answer(`sim_stat ${dir}/tool`)), /"mode":"0[0-7]?7[0-7][0-7]"/);
      assert.match(JSON.stringify(printed.answer(`sim_stat ${dir}/plain.txt`)), /"mode":"0[0-7]?6[0-7][0-7]"/);
      assert.equal(printed.answer(`sim_append ${dir}/plain.txt`), "ok");
    },
  );
});

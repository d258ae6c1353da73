import assert from "node:assert/strict";
import type { Tree } from "../fixtures/archive.ts";
import { script, type TestContext } from "../fixtures/test-context.ts";
import { area } from "../runner/test-case.ts";

type Change = {
  /** What the overlay holds. */
  readonly tree?: Tree;
  /** What the game does to it. */
  readonly changes: readonly string[];
  /** Verbs that look, with what they see behind the change, and what they see when it has been discarded. */
  readonly looks: Readonly<Record<string, readonly [changed: unknown, discarded: unknown]>>;
};

/** Each in a directory of its own. */
const changes: Readonly<Record<string, (dir: string) => Change>> = {
  "update-of-a-lower-file": (dir) => ({
    tree: { [`${dir}/a`]: "lower" },
    changes: [`sim_append ${dir}/a " and more"`],
    looks: { [`sim_cat ${dir}/a`]: ["lower and more", "lower"] },
  }),
  "deletion-of-a-lower-file": (dir) => ({
    tree: { [`${dir}/a`]: "lower", [`${dir}/b`]: "stays" },
    changes: [`sim_rm ${dir}/a`],
    looks: { [`sim_cat ${dir}/a`]: ["error ENOENT", "lower"], [`sim_ls ${dir}`]: [["b"], ["a", "b"]] },
  }),
  "deletion-of-a-file-of-the-build": () => ({
    changes: ["sim_rm left4dead2/motd.txt"],
    looks: { "sim_cat left4dead2/motd.txt": ["error ENOENT", /stand-in/] },
  }),
  "file-created-again-after-its-deletion": (dir) => ({
    tree: { [`${dir}/a`]: "lower" },
    changes: [`sim_rm ${dir}/a`, `sim_write ${dir}/a again`],
    looks: { [`sim_cat ${dir}/a`]: ["again", "lower"] },
  }),
  "directory-replaced-by-a-file": (dir) => ({
    tree: { [`${dir}/d/one`]: "1", [`${dir}/d/two`]: "2" },
    changes: [`sim_rm ${dir}/d`, `sim_write ${dir}/d file`],
    looks: { [`sim_cat ${dir}/d`]: ["file", "error EISDIR"], [`sim_ls ${dir}/d`]: ["error ENOTDIR", ["one", "two"]] },
  }),
  "directory-created-again-is-empty": (dir) => ({
    tree: { [`${dir}/d/one`]: "1" },
    changes: [`sim_rm ${dir}/d`, `sim_mkdir ${dir}/d`],
    looks: { [`sim_ls ${dir}/d`]: [[], ["one"]] },
  }),
  "file-replaced-by-a-directory": (dir) => ({
    tree: { [`${dir}/a`]: "file" },
    changes: [`sim_rm ${dir}/a`, `sim_mkdir ${dir}/a`],
    looks: { [`sim_cat ${dir}/a`]: ["error EISDIR", "file"], [`sim_ls ${dir}/a`]: [[], "error ENOTDIR"] },
  }),
  "rename-of-a-lower-file": (dir) => ({
    tree: { [`${dir}/a`]: "lower" },
    changes: [`sim_mv ${dir}/a ${dir}/b`],
    looks: { [`sim_cat ${dir}/a`]: ["error ENOENT", "lower"], [`sim_cat ${dir}/b`]: ["lower", "error ENOENT"] },
  }),
  "rename-over-a-lower-file": (dir) => ({
    tree: { [`${dir}/a`]: "a", [`${dir}/b`]: "b" },
    changes: [`sim_mv ${dir}/b ${dir}/a`],
    looks: { [`sim_cat ${dir}/a`]: ["b", "a"], [`sim_ls ${dir}`]: [["a"], ["a", "b"]] },
  }),
  "new-file-and-directory": (dir) => ({
    changes: [`sim_mkdir ${dir}/d/e`, `sim_write ${dir}/d/e/f new`],
    looks: { [`sim_cat ${dir}/d/e/f`]: ["new", "error ENOENT"] },
  }),
};

const changeOf = (slug: string): Change => changes[slug]?.(`left4dead2/cf/${slug}`) ?? { changes: [], looks: {} };

/** What one game finds after all the changes, after a restart, and after a reset. */
async function threeLives(t: TestContext) {
  const all = Object.keys(changes).map(changeOf);
  const ref = await t.overlay(Object.assign({}, ...all.map(({ tree }) => tree)));
  const looks = all.flatMap((change) => Object.keys(change.looks));
  const { game, printed: now } = await t.play([...all.flatMap((change) => change.changes), ...looks], { overlays: [{ ref }] });
  await game.initialize({ config: script(looks) });
  await game.restart();
  const later = await game.printed();
  await game.reset();
  await game.start();
  return { now, later, discarded: await game.printed() };
}

function assertSeen(seen: unknown, expected: unknown, what: string): void {
  if (expected instanceof RegExp) assert.match(String(seen), expected, what);
  else assert.deepEqual(seen, expected, what);
}

export const overlayFiles = area("overlays", (test) => {
  const discards = "Stops the game, makes STOPPED the desired state and discards everything that the game wrote";
  for (const slug of Object.keys(changes)) {
    test(slug, discards, async (t) => {
      const { now, later, discarded } = await t.once(threeLives);
      for (const [look, [changed, fresh]] of Object.entries(changeOf(slug).looks)) {
        assertSeen(now.answer(look), changed, `${look}, at once`);
        assertSeen(later.answer(look), changed, `${look}, after a restart`);
        assertSeen(discarded.answer(look), fresh, `${look}, after a reset`);
      }
    });
  }

  test("writes-reach-no-other-instance", "The overlays to stack over the game, the first with the highest precedence.", async (t) => {
    const ref = await t.overlay({ [`left4dead2/cf/shared.txt`]: "original" });
    const spec = { overlays: [{ ref }] };
    const cat = `sim_cat left4dead2/cf/shared.txt`;
    const { printed } = await t.play([`sim_write left4dead2/cf/shared.txt spoiled`, "sim_rm left4dead2/motd.txt", cat], spec);
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
        [`left4dead2/cf/plain.txt`]: { mode: 0o600, content: "p" },
        [`left4dead2/cf/tool`]: { mode: 0o700, content: "#!/bin/sh\n" },
      });
      const { printed } = await t.play(
        [
          `sim_cat left4dead2/cf/plain.txt`,
          `sim_stat left4dead2/cf/tool`,
          `sim_stat left4dead2/cf/plain.txt`,
          `sim_append left4dead2/cf/plain.txt q`,
        ],
        {
          overlays: [{ ref }],
        },
      );
      assert.equal(printed.answer(`sim_cat left4dead2/cf/plain.txt`), "p");
      assert.match(JSON.stringify(printed.answer(`sim_stat left4dead2/cf/tool`)), /"mode":"0[0-7]?7[0-7][0-7]"/);
      assert.match(JSON.stringify(printed.answer(`sim_stat left4dead2/cf/plain.txt`)), /"mode":"0[0-7]?6[0-7][0-7]"/);
      assert.equal(printed.answer(`sim_append left4dead2/cf/plain.txt`), "ok");
    },
  );
});

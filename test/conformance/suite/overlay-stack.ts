import assert from "node:assert/strict";
import { WaitFor } from "../../../src/gen/left4me/host/v1/instance_service_pb.ts";
import { script } from "../fixtures/test-context.ts";
import { atMost } from "../runner/schedule.ts";
import { area } from "../runner/test-case.ts";

const dir = "left4dead2/cf";
const cfg = "left4dead2/cfg";

export const overlayStack = area("overlays", (test) => {
  test("first-overlay-wins", "The overlays to stack over the game, the first with the highest precedence.", async (t) => {
    const high = await t.overlay({ [`${dir}/same.txt`]: "high", [`${dir}/high.txt`]: "h", "left4dead2/motd.txt": "replaced" });
    const low = await t.overlay({ [`${dir}/same.txt`]: "low", [`${dir}/low.txt`]: "l" });
    const looks = [`sim_cat ${dir}/same.txt`, `sim_ls ${dir}`, "sim_cat left4dead2/motd.txt"];
    const { game, printed } = await t.play(looks, { overlays: [{ ref: high }, { ref: low }] });
    assert.deepEqual(
      looks.map((look) => printed.answer(look)),
      ["high", ["high.txt", "low.txt", "same.txt"], "replaced"],
    );
    await game.initialize({ overlays: [{ ref: low }, { ref: high }] });
    await game.restart();
    assert.equal((await game.printed()).answer(`sim_cat ${dir}/same.txt`), "low");
  });

  test("file-over-a-directory", "The overlays to stack over the game, the first with the highest precedence.", async (t) => {
    const file = await t.overlay({ [`${dir}/x`]: "file" });
    const directory = await t.overlay({ [`${dir}/x/inside.txt`]: "in" });
    const looks = [`sim_cat ${dir}/x`, `sim_ls ${dir}/x`];
    const { printed } = await t.play(looks, { overlays: [{ ref: file }, { ref: directory }] });
    assert.deepEqual(
      looks.map((look) => printed.answer(look)),
      ["file", "error ENOTDIR"],
    );
    const reverse = await t.play(looks, { overlays: [{ ref: directory }, { ref: file }] });
    assert.deepEqual(
      looks.map((look) => reverse.printed.answer(look)),
      ["error EISDIR", ["inside.txt"]],
    );
  });

  test(
    "aliases-are-executed-lowest-first",
    "Exposes the overlay's own server.cfg as `server_<alias>.cfg` and executes it from the generated server.cfg.",
    async (t) => {
      const high = await t.overlay({ [`${cfg}/server.cfg`]: "echo high\nsv_contact high\n" });
      const middle = await t.overlay({ [`${cfg}/server.cfg`]: "echo middle, hidden\n" });
      const low = await t.overlay({ [`${cfg}/server.cfg`]: "echo low\nsv_contact low\n" });
      const overlays = [{ ref: high, alias: "hi" }, { ref: middle }, { ref: low, alias: "lo" }];
      const { printed } = await t.play(["sv_contact", "sv_contact own", "sv_contact", `sim_ls ${cfg}`, `sim_cat ${cfg}/server_hi.cfg`], {
        overlays,
      });
      assert.deepEqual(printed.order("high", "middle, hidden", "low"), ["low", "high"], "what exposes nothing is not executed");
      assert.deepEqual(
        printed.lines.filter((line) => line.startsWith('"sv_contact"')),
        ['"sv_contact" = "high"', '"sv_contact" = "own"'],
      );
      assert.equal(printed.answer(`sim_cat ${cfg}/server_hi.cfg`), "echo high\nsv_contact high\n");
      const names = printed.answer(`sim_ls ${cfg}`);
      assert.ok(
        Array.isArray(names) && ["server.cfg", "server_hi.cfg", "server_lo.cfg"].every((name) => names.includes(name)),
        JSON.stringify(names),
      );
    },
  );

  test("alias-that-is-gone-leaves-no-copy", "unset exposes nothing.", async (t) => {
    const ref = await t.overlay({ [`${cfg}/server.cfg`]: "echo exposed\n" });
    const { game } = await t.play([`sim_ls ${cfg}`], { overlays: [{ ref, alias: "old" }] });
    await game.initialize({ overlays: [{ ref }] });
    await game.restart();
    const printed = await game.printed();
    assert.deepEqual(printed.order("exposed"), []);
    const names = printed.answer(`sim_ls ${cfg}`);
    assert.ok(Array.isArray(names) && !names.includes("server_old.cfg"), JSON.stringify(names));
  });

  test("own-configuration-comes-last", "Lines for server.cfg, behind the `exec` lines of exposed overlays.", async (t) => {
    const ref = await t.overlay({ [`${cfg}/server.cfg`]: 'hostname "overlay"\n' });
    const { printed } = await t.play(['hostname "own"', "hostname"], { overlays: [{ ref, alias: "a" }] });
    assert.ok(printed.lines.includes('"hostname" = "own"'));
  });

  test("configuration-is-verbatim", "They pass verbatim; only NUL, CR and LF are refused.", async (t) => {
    const lines = [
      'hostname "My; server // here"',
      'alias x "say a; say b"',
      "x",
      "echo 'single' \\n $HOME %i `id`",
      "echo zoë ☃",
      "  echo   spaced  ",
      "",
      "// comment",
      "echo a;echo b",
    ];
    const { printed } = await t.play([...lines, `sim_cat ${cfg}/server.cfg`, "hostname"]);
    assert.equal(
      printed.answer(`sim_cat ${cfg}/server.cfg`),
      [...script([...lines, `sim_cat ${cfg}/server.cfg`, "hostname"]), ""].join("\n"),
    );
    assert.deepEqual(printed.order("Console: a", "Console: b", "a", "b"), ["Console: a", "Console: b", "a", "b"]);
    assert.ok(printed.lines.includes('"hostname" = "My; server // here"'));
  });

  test("managed-files-are-never-hidden", "They pass verbatim", async (t) => {
    const ref = await t.overlay({ [`${cfg}/server.cfg`]: "echo exposed\n" });
    const spoil = [`sim_write ${cfg}/server.cfg "echo spoiled"`, `sim_write ${cfg}/server_a.cfg "echo spoiled"`];
    const { game } = await t.play(spoil, { overlays: [{ ref, alias: "a" }] });
    await game.initialize({ config: script(["echo second"]) });
    await game.restart();
    assert.deepEqual((await game.printed()).order("spoiled", "exposed", "second"), ["exposed", "second"]);
  });

  test("managed-files-are-never-deleted", "They pass verbatim", async (t) => {
    const { game } = await t.play(["echo first", `sim_rm ${cfg}/server.cfg`]);
    await game.restart();
    assert.deepEqual((await game.printed()).order("first"), ["first"]);
  });

  test("a-hundred-layers", "The overlays to stack over the game, the first with the highest precedence. At most 100.", async (t) => {
    const numbers = Array.from({ length: 100 }, (_, index) => index);
    const refs = numbers.map((number) => t.ref(`layer-with-a-rather-long-name-${number}`));
    await atMost(8, numbers, async (number) => {
      const same = number % 99 === 0 ? { [`${dir}/same.txt`]: `${number}` } : {}; // in the topmost and the lowest
      await t.overlay({ [`${dir}/${number}.txt`]: `${number}`, ...same }, refs[number]);
    });
    const { printed } = await t.play([`sim_ls ${dir}`, `sim_cat ${dir}/same.txt`], { overlays: refs.map((ref) => ({ ref })) });
    const names = printed.answer(`sim_ls ${dir}`);
    assert.ok(Array.isArray(names));
    assert.deepEqual([names.length, printed.answer(`sim_cat ${dir}/same.txt`)], [101, "0"]);
  });

  test(
    "a-running-game-keeps-its-version",
    "Running games keep the version that they were started with; their `pending_restart` is set.",
    async (t) => {
      const cat = `sim_cat ${dir}/v.txt`;
      const ref = await t.overlay({ [`${dir}/v.txt`]: "one" });
      const game = await t.running(
        { overlays: [{ ref }], config: script([cat, "echo looked", "sim_sleep 1.5", cat, `sim_ls ${dir}`]) },
        {},
        WaitFor.ACTIVE,
      );
      const reading = game.follow();
      await reading.line("looked");
      await t.overlay({ [`${dir}/v.txt`]: "two", [`${dir}/new.txt`]: "n" }, ref);
      assert.equal((await game.status()).pendingRestart, true);
      reading.stop();
      const printed = await game.printed();
      assert.deepEqual(printed.answers(cat), ["one", "one"]);
      assert.deepEqual(printed.answer(`sim_ls ${dir}`), ["v.txt"]);
      await game.restart();
      assert.deepEqual((await game.printed()).answers(cat), ["two", "two"]);
      assert.equal((await game.status()).pendingRestart, false);
    },
  );

  test(
    "a-new-version-waits-for-the-next-start",
    "The next start uses it, or a newer one when the build or an overlay has changed since.",
    async (t) => {
      const cat = `sim_cat ${dir}/v.txt`;
      const ref = await t.overlay({ [`${dir}/v.txt`]: "one" });
      const game = await t.game({ overlays: [{ ref }], config: script([cat]) });
      await t.overlay({ [`${dir}/v.txt`]: "two" }, ref);
      assert.equal((await game.status()).pendingRestart, false, "always false when nothing runs");
      await game.start();
      assert.equal((await game.printed()).answer(cat), "two");
    },
  );

  test(
    "exposed-server-cfg-follows-its-version",
    "Exposes the overlay's own server.cfg as `server_<alias>.cfg` and executes it from the generated server.cfg.",
    async (t) => {
      const ref = await t.overlay({ [`${cfg}/server.cfg`]: "echo one\n" });
      const game = await t.running({ overlays: [{ ref, alias: "a" }], config: script([]) });
      await t.overlay({ [`${cfg}/server.cfg`]: "echo two\n" }, ref);
      await game.restart();
      assert.deepEqual((await game.printed()).order("one", "two"), ["two"]);
    },
  );
});

import assert from "node:assert/strict";
import { LayerKind } from "../../../src/gen/left4me/host/v1/explanation_pb.ts";
import { WarningCode } from "../../../src/gen/left4me/host/v1/instance_pb.ts";
import { refusal } from "../fixtures/refusal.ts";
import { area } from "../runner/test-case.ts";

export const explain = area("explain", (test) => {
  test(
    "layers-from-top-to-bottom",
    "Explains what the next start would run: the layers from top to bottom, the arguments, the configuration files",
    async (t) => {
      const high = await t.overlay({ "left4dead2/high.txt": "high" });
      const low = await t.overlay({ "left4dead2/low.txt": "low" });
      const game = await t.game({ overlays: [{ ref: high }, { ref: low }] });
      const { layers } = await game.explain();
      const kinds = layers.map(({ kind }) => kind);
      assert.deepEqual(kinds, [LayerKind.UPPER, LayerKind.CONFIGURATION, LayerKind.OVERLAY, LayerKind.OVERLAY, LayerKind.BUILD]);
      assert.deepEqual(
        layers.map(({ overlayRef }) => overlayRef),
        ["", "", high, low, ""],
      );
      assert.equal(layers.at(-1)?.buildId, t.world.build?.id);
      const overlays = layers.filter(({ kind }) => kind === LayerKind.OVERLAY);
      for (const { version } of overlays) assert.match(version, /^sha256-[0-9a-zA-Z+/=_-]+$/, "the digest of its content");
      assert.notEqual(overlays[0]?.version, overlays[1]?.version);
    },
  );

  test("argv-begins-with-the-program", "The game's argument vector; the first element is the program.", async (t) => {
    const game = await t.game({ arguments: ["+map", "c1m1_hotel"] });
    const { argv } = await game.explain();
    assert.match(argv[0] ?? "", /srcds_run$/);
    assert.ok(argv.includes("-strictportbind") && argv.includes("-norestart") && !argv.includes("-autoupdate"), argv.join(" "));
    assert.equal(argv[argv.indexOf("+hostport") + 1], String(game.spec.port));
    assert.deepEqual(argv.slice(-2), ["+map", "c1m1_hotel"]);
  });

  test("argv-is-what-the-game-gets", "one element is one argument, never split into words.", async (t) => {
    const { game, printed } = await t.play(["sim_argv"], { arguments: ["+echo", "a b"] });
    assert.deepEqual(printed.answer("sim_argv"), (await game.explain()).argv.slice(1));
  });

  test(
    "configs-in-the-order-of-execution",
    "The configuration files that the host generates or exposes, in the order of their execution; `server.cfg`, which executes the others, comes first.",
    async (t) => {
      const high = await t.overlay({ "left4dead2/cfg/server.cfg": "echo high\n" });
      const low = await t.overlay({ "left4dead2/cfg/server.cfg": Buffer.from("echo low \xff\n", "latin1") });
      const game = await t.game({
        overlays: [
          { ref: high, alias: "hi" },
          { ref: low, alias: "lo" },
        ],
        config: ["echo own"],
      });
      const { configs } = await game.explain();
      const prefix = "left4dead2/cfg/";
      assert.deepEqual(
        configs.map(({ path, overlayRef }) => [path, overlayRef]),
        [
          [`${prefix}server.cfg`, ""],
          [`${prefix}server_lo.cfg`, low],
          [`${prefix}server_hi.cfg`, high],
        ],
      );
      assert.deepEqual(
        configs.map(({ content }) => Buffer.from(content).toString("latin1")).slice(1),
        ["echo low \xff\n", "echo high\n"],
        "not always UTF-8",
      );
      assert.match(Buffer.from(configs[0]?.content ?? []).toString(), /^exec server_lo\.cfg\nexec server_hi\.cfg\necho own\n$/);
    },
  );

  test(
    "files-and-what-they-hide",
    "Where the files of interest come from, by path: every file that hides another one, and the configuration, addons and plugins of overlays.",
    async (t) => {
      const plugin = "left4dead2/addons/sourcemod/plugins/only.smx";
      const high = await t.overlay({ "left4dead2/cf/both.txt": "high", "left4dead2/motd.txt": "motd", "left4dead2/cf/one.txt": "" });
      const low = await t.overlay({ "left4dead2/cf/both.txt": "lower", [plugin]: "x", "left4dead2/cfg/server.cfg": "echo low\n" });
      const game = await t.game({ overlays: [{ ref: high }, { ref: low, alias: "low" }] });
      const { files, filesTruncated } = await game.explain();
      assert.deepEqual(
        files.map(({ path, layer, hides }) => [path, layer, ...hides]),
        [
          [plugin, 3],
          ["left4dead2/cf/both.txt", 2, 3],
          ["left4dead2/cfg/server.cfg", 1, 3],
          ["left4dead2/cfg/server_low.cfg", 1],
          ["left4dead2/motd.txt", 2, 4],
        ].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
      );
      assert.deepEqual([filesTruncated, files.find(({ path }) => path.endsWith("both.txt"))?.sizeBytes], [false, 4n]);
    },
  );

  test(
    "written-since-the-last-reset",
    "What the game has changed since the last reset, by path. At most 1000. Unset on a host that cannot look at it, and while it cannot be looked at.",
    async (t) => {
      const ref = await t.overlay({ "left4dead2/cf/over.txt": "overlay", "left4dead2/cf/gone.txt": "" });
      const writes = [
        "sim_write left4dead2/cf/over.txt written-now",
        "sim_rm left4dead2/cf/gone.txt",
        "sim_write left4dead2/cf/new.txt 12345",
      ];
      const { game } = await t.play(writes, { overlays: [{ ref }] });
      const { written } = await game.explain();
      if (written === undefined) return; // as the contract allows
      const ours = written.files.filter(({ path }) => path.startsWith("left4dead2/cf/"));
      assert.deepEqual(
        ours.map(({ path, deleted, sizeBytes }) => [path, deleted, sizeBytes]),
        [
          ["left4dead2/cf/gone.txt", true, 0n],
          ["left4dead2/cf/new.txt", false, 5n],
          ["left4dead2/cf/over.txt", false, 11n],
        ],
      );
      assert.deepEqual(
        ours.map(({ changeTime }) => changeTime === undefined),
        [true, false, false],
        "unset for a deleted one",
      );
      await game.reset();
      assert.deepEqual((await game.explain()).written?.files, []);
    },
  );

  test("nothing-is-scanned-for-a-start", "what is wrong with overlays.", async (t) => {
    const plugins = "left4dead2/addons/sourcemod/plugins";
    const ref = await t.overlay({
      "left4dead2/campaign.vpk": "x",
      [`${plugins}/twice.smx`]: "x",
      [`${plugins}/more/twice.smx`]: "x",
      [`${plugins}/disabled/once.smx`]: "x",
      [`${plugins}/once.smx`]: "x",
      "left4dead2/cfg/server.cfg": "echo hidden\n",
    });
    const game = await t.unborn({ overlays: [{ ref }] });
    const found = [WarningCode.MISPLACED_ADDON, WarningCode.DUPLICATE_PLUGIN, WarningCode.NO_SERVER_CFG];
    const checked = await game.initialize({}, { validateOnly: true });
    for (const code of found) {
      assert.equal(checked.warnings.filter((warning) => warning.code === code).length, 1, `code ${code}`);
      assert.equal(checked.explanation?.warnings.filter((warning) => warning.code === code).length, 1, `code ${code}`);
    }
    assert.ok(checked.warnings.some(({ message }) => message.includes(ref) && message.includes("campaign.vpk")));
    assert.ok(checked.warnings.some(({ message }) => message.includes("twice.smx")));
    assert.deepEqual((await game.initialize()).warnings, [], "an initialization looks at no files");
    const explained = await game.explain();
    for (const code of found)
      assert.ok(
        explained.warnings.some((warning) => warning.code === code),
        `code ${code}`,
      );
    assert.deepEqual((await game.start()).warnings, []);
  });

  test("missing-instance", "Raises what GetInstance raises, and NOT_FOUND / OVERLAY_NOT_FOUND when an overlay has gone.", async (t) => {
    const name = t.name();
    await refusal(t.api.instances.explainInstance({ name }), "INSTANCE_NOT_FOUND", { name });
  });
});

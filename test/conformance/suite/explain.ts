import assert from "node:assert/strict";
import { LayerKind } from "../../../src/gen/left4me/host/v1/explanation_pb.ts";
import { refusal } from "../fixtures/refusal.ts";
import { area } from "../runner/test-case.ts";

export const explain = area("explain", (test) => {
  test(
    "layers-from-top-to-bottom",
    "Explains what the next start would run: the layers from top to bottom, the arguments and the configuration files.",
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

  test("missing-instance", "Raises what GetInstance raises, and NOT_FOUND / OVERLAY_NOT_FOUND when an overlay has gone.", async (t) => {
    const name = t.name();
    await refusal(t.api.instances.explainInstance({ name }), "INSTANCE_NOT_FOUND", { name });
  });
});

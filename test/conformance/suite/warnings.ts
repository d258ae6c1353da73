import assert from "node:assert/strict";
import { ResourceLimit } from "../../../src/gen/left4me/host/v1/host_service_pb.ts";
import { type Warning, WarningCode } from "../../../src/gen/left4me/host/v1/instance_pb.ts";
import { refusal } from "../fixtures/refusal.ts";
import { lacks, noBuild } from "../runner/needs.ts";
import { area } from "../runner/test-case.ts";

/** The one warning of a kind; it has a text for people. */
function warningOf(warnings: readonly Warning[], code: WarningCode): Warning {
  const [warning, ...more] = warnings.filter((each) => each.code === code);
  assert.ok(warning !== undefined, `warning ${code} among ${JSON.stringify(warnings.map(({ message }) => message))}`);
  assert.equal(more.length, 0, "a warning is told once");
  assert.notEqual(warning.message, "");
  return warning;
}

const limits = [
  [ResourceLimit.MEMORY_HIGH, { memoryHighBytes: 2n ** 31n }],
  [ResourceLimit.MEMORY_MAX, { memoryMaxBytes: 2n ** 32n }],
  [ResourceLimit.TASKS_MAX, { tasksMax: 256 }],
  [ResourceLimit.CPU_QUOTA, { cpuQuotaPercent: 400 }],
  [ResourceLimit.NICE, { nice: 5 }],
] as const;

export const warnings = area("warnings", (test) => {
  test("none-without-cause", "What the caller should know.", async (t) => {
    const game = await t.unborn({ arguments: ["-maxplayers", "8"], config: ["echo x"] });
    assert.deepEqual((await game.initialize()).warnings, []);
  });

  test("port-clash", "Another instance has the same port; the two cannot run together.", async (t) => {
    const first = await t.game();
    const second = await t.unborn({ port: Number(first.spec.port) });
    const warning = warningOf((await second.initialize()).warnings, WarningCode.PORT_CLASH);
    assert.equal(warning.field, "spec.port");
    assert.ok(warning.message.includes(first.name), "it names the other one");
    assert.ok((await second.initialize({}, { validateOnly: true })).warnings.some(({ code }) => code === WarningCode.PORT_CLASH));
  });

  test("argument-with-space", "An argument holds a space and is passed as one argument, never split.", async (t) => {
    const game = await t.unborn({ arguments: ["-maxplayers", "+map c1m1_hotel"] });
    const warning = warningOf((await game.initialize()).warnings, WarningCode.ARGUMENT_WITH_SPACE);
    assert.equal(warning.field, "spec.arguments[1]");
  });

  test(
    "override",
    "A later argument or a configuration line overrides what the host supplies, e.g. the port or the address.",
    async (t) => {
      const game = await t.unborn({ arguments: ["-port", "27999"] });
      warningOf((await game.initialize()).warnings, WarningCode.OVERRIDE);
      const { warnings: address } = await game.initialize({ arguments: ["-maxplayers", "8", "+ip", "127.0.0.1"] });
      assert.equal(warningOf(address, WarningCode.OVERRIDE).field, "spec.arguments[2]");
      warningOf((await game.initialize({ arguments: [], config: ["hostport 27999"] })).warnings, WarningCode.OVERRIDE);
    },
  );

  test("no-server-cfg", "An overlay was asked to expose a server.cfg, but has none", async (t) => {
    const ref = await t.overlay({ "left4dead2/addons/x.txt": "x" });
    const game = await t.unborn({ overlays: [{ ref, alias: "none" }] });
    const warning = warningOf((await game.initialize()).warnings, WarningCode.NO_SERVER_CFG);
    assert.ok(warning.message.includes(ref));
    await game.start();
  });

  test("limits-that-are-not-enforced", "The driver does not enforce a limit that the specification asks for.", async (t) => {
    const enforced = t.world.host.capabilities?.enforcedLimits ?? [];
    for (const [limit, resources] of limits) {
      const game = await t.unborn({ resources });
      const isWarned = (await game.initialize()).warnings.some(({ code }) => code === WarningCode.LIMIT_NOT_ENFORCED);
      assert.equal(isWarned, !enforced.includes(limit), `${JSON.stringify(Object.keys(resources))}: warned ${isWarned}`);
    }
  });

  test(
    "volatile-is-ignored-where-it-is-not-offered",
    "The driver does not offer an option of the specification; the instance runs without it.",
    async (t) => {
      const game = await t.unborn({ volatile: true });
      const warning = warningOf((await game.initialize()).warnings, WarningCode.OPTION_IGNORED);
      assert.equal(warning.field, "spec.volatile");
      await game.start();
    },
    { needs: [lacks("volatile")] },
  );

  test(
    "preserve-is-ignored-where-it-is-not-offered",
    "The driver does not offer an option of the specification; the instance runs without it.",
    async (t) => {
      const game = await t.unborn({ preserve: ["left4dead2/cfg/banned_*.cfg"] });
      const warning = warningOf((await game.initialize()).warnings, WarningCode.OPTION_IGNORED);
      assert.equal(warning.field, "spec.preserve");
      await game.start();
    },
    { needs: [lacks("preserve")] },
  );

  test(
    "no-build",
    "No game build is installed yet: StartInstance will fail.",
    async (t) => {
      const game = await t.unborn();
      warningOf((await game.initialize()).warnings, WarningCode.NO_BUILD);
      await refusal(game.start(), "NO_BUILD");
    },
    { lane: "first", needs: [noBuild] },
  );
});

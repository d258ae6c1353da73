import assert from "node:assert/strict";
import { InstanceState } from "../../../src/gen/left4me/host/v1/instance_pb.ts";
import { collect } from "../fixtures/collect.ts";
import { archiveOf } from "../fixtures/archive.ts";
import type { Spec } from "../fixtures/game.ts";
import { refusal } from "../fixtures/refusal.ts";
import type { TestContext } from "../fixtures/test-context.ts";
import { importOverlay } from "../fixtures/upload.ts";
import { lacks } from "../runner/needs.ts";
import { area } from "../runner/test-case.ts";

const badNames = ["", ".", "..", "a/b", "/a", "-rf", "_a", "A", "a.b", "a b", "a\n", "a\0b", "%i", "a@b", "zoë", "名前", "x".repeat(65), "x".repeat(5000)];
const badRefs = ["", "/etc", ".", "..", "a/../b", "a//b", "a/", "./a", "a b", "a\0b", "a\nb", "zoë", "a:b", "a,b", "a\\b", "x".repeat(65), "1/2/3/4/5/6/7/8/9"];

/** Sends a specification, whole but for `change`, and returns the fields that are complained of. */
async function violations(t: TestContext, change: Spec, labels: Record<string, string> = {}): Promise<string[]> {
  const game = await t.unborn({}, labels);
  const { badRequest, info } = await refusal(game.initialize(change), "INVALID_SPEC", { violations: /^[1-9]\d*$/ });
  const fields = badRequest?.fieldViolations ?? [];
  for (const { description } of fields) assert.notEqual(description, "");
  assert.equal(info.metadata["violations"], String(fields.length), "the number of all");
  await refusal(game.get(), "INSTANCE_NOT_FOUND");
  return fields.map(({ field }) => field);
}

export const errorsRequests = area("errors", (test) => {
  test("unusable-names", "An unusable name is INVALID_ARGUMENT / INVALID_NAME", async (t) => {
    for (const name of badNames) {
      const shown = JSON.stringify(name.slice(0, 20));
      const calls = [
        t.api.instances.initializeInstance({ name, spec: { port: 27_400 } }),
        t.api.instances.getInstance({ name }),
        t.api.instances.startInstance({ name }),
        t.api.instances.deleteInstance({ name }),
      ];
      await Promise.all(calls.map((call) => refusal(call, "INVALID_NAME"))).catch((error: unknown) => {
        throw new Error(`the name ${shown}`, { cause: error });
      });
    }
  });

  test("unusable-names-on-every-call", "An unusable name is INVALID_ARGUMENT / INVALID_NAME", async (t) => {
    const name = "../x";
    const { instances } = t.api;
    for (const call of [instances.stopInstance, instances.restartInstance, instances.resetInstance, instances.explainInstance]) {
      await refusal(call({ name }), "INVALID_NAME", { name });
    }
    const reading = collect(t.api.logs.streamLogs({ name }));
    await refusal(reading, "INVALID_NAME", { name });
  });

  test("usable-names", "Grammar: `[a-z0-9][a-z0-9_-]{0,63}`.", async (t) => {
    const longest = `${t.name()}${"x".repeat(64)}`.slice(0, 64);
    const odd = `${t.world.prefix}0_-_-`;
    for (const name of [longest, odd]) {
      t.defer(() => t.world.connect().instances.deleteInstance({ name }));
      const { created } = await t.api.instances.initializeInstance({ name, spec: { port: await t.port() } });
      assert.ok(created);
      await t.api.instances.startInstance({ name });
      assert.equal((await t.api.instances.deleteInstance({ name })).changed, true);
    }
  });

  test("missing-instances", "an instance that does not exist is NOT_FOUND / INSTANCE_NOT_FOUND", async (t) => {
    const name = t.name();
    const { instances } = t.api;
    for (const call of [instances.getInstance, instances.startInstance, instances.stopInstance, instances.restartInstance, instances.resetInstance, instances.explainInstance]) {
      await refusal(call({ name }), "INSTANCE_NOT_FOUND", { name });
    }
    await refusal(collect(t.api.logs.streamLogs({ name })), "INSTANCE_NOT_FOUND", { name });
    await refusal(collect(t.api.logs.streamLogs({ name, follow: true })), "INSTANCE_NOT_FOUND", { name });
  });

  test("ports-out-of-range", "1 to 65535, required.", async (t) => {
    for (const port of [0, 65_536, 4_294_967_295]) assert.deepEqual(await violations(t, { port }), ["spec.port"]);
  });

  test("forbidden-characters-in-lines", "They pass verbatim; only NUL, CR and LF are refused.", async (t) => {
    assert.deepEqual(await violations(t, { config: ["fine", "a\nb", "a\rb", "a\0b"] }), ["spec.config[1]", "spec.config[2]", "spec.config[3]"]);
    assert.deepEqual(await violations(t, { arguments: ["fine", "a\nb", "a\0b"] }), ["spec.arguments[1]", "spec.arguments[2]"]);
  });

  test("bad-references-in-a-specification", "Within a specification a bad reference is a violation of INVALID_SPEC.", async (t) => {
    const fields = await violations(t, { overlays: badRefs.map((ref) => ({ ref })) });
    assert.deepEqual(fields, badRefs.map((_, index) => `spec.overlays[${index}].ref`));
  });

  test("bad-aliases", "Grammar: `[a-z0-9][a-z0-9_-]{0,31}`; unset exposes nothing. Unique within an instance.", async (t) => {
    const aliases = ["../x", "A", "-a", "a b", "x".repeat(33), 'a"b', "a;b", "a/b"];
    const fields = await violations(t, { overlays: aliases.map((alias, index) => ({ ref: `r${index}`, alias })) });
    assert.deepEqual(fields, aliases.map((_, index) => `spec.overlays[${index}].alias`));
    const repeated = await violations(t, { overlays: [{ ref: "a", alias: "same" }, { ref: "b", alias: "same" }] });
    assert.equal(repeated.length, 1);
    assert.match(repeated[0] ?? "", /^spec\.overlays\[1\]/);
  });

  test("bad-labels", "At most 64; keys `[a-z0-9]([a-z0-9._/-]{0,61}[a-z0-9])?`, values at most 63 characters of `[A-Za-z0-9._-]`.", async (t) => {
    for (const labels of [{ "Upper": "x" }, { "-a": "x" }, { "a-": "x" }, { "": "x" }, { ["k".repeat(64)]: "x" }, { k: "with space" }, { k: "v".repeat(64) }]) {
      const fields = await violations(t, {}, labels);
      assert.equal(fields.length, 1, JSON.stringify(labels));
      assert.match(fields[0] ?? "", /^labels/);
    }
    const many = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`k${index}`, "v"]));
    assert.equal((await violations(t, {}, many)).length, 1);
  });

  test("bad-preserve-patterns", "Relative, without `..`. At most 64. Not together with `volatile`.", async (t) => {
    assert.deepEqual(await violations(t, { preserve: ["fine/*", "/etc/passwd", "a/../b", "../x"] }), ["spec.preserve[1]", "spec.preserve[2]", "spec.preserve[3]"]);
    assert.equal((await violations(t, { preserve: ["a"], volatile: true })).length, 1);
  });

  test("bad-resources", "Memory above which the kernel kills, in bytes. Not below `memory_high_bytes`.", async (t) => {
    assert.deepEqual(await violations(t, { resources: { tasksMax: 0 } }), ["spec.resources.tasks_max"]);
    assert.deepEqual(await violations(t, { resources: { nice: 20 } }), ["spec.resources.nice"]);
    assert.deepEqual(await violations(t, { resources: { cpuQuotaPercent: 102_401 } }), ["spec.resources.cpu_quota_percent"]);
    const [field, ...more] = await violations(t, { resources: { memoryHighBytes: 2n, memoryMaxBytes: 1n } });
    assert.match(field ?? "", /^spec\.resources/);
    assert.deepEqual(more, []);
  });

  test("limits-of-a-specification", "At most 256, each at most 4096 bytes, without NUL and line breaks.", async (t) => {
    assert.deepEqual(await violations(t, { arguments: Array.from({ length: 257 }, () => "x") }), ["spec.arguments"]);
    assert.deepEqual(await violations(t, { arguments: ["ü".repeat(2049)] }), ["spec.arguments[0]"]);
    assert.deepEqual(await violations(t, { config: Array.from({ length: 4097 }, () => "") }), ["spec.config"]);
    assert.deepEqual(await violations(t, { config: ["x".repeat(4097)] }), ["spec.config[0]"]);
    assert.deepEqual(await violations(t, { overlays: Array.from({ length: 101 }, (_, index) => ({ ref: `r${index}` })) }), ["spec.overlays"]);
  });

  test("largest-specification", "At most 256 KiB in its binary encoding.", async (t) => {
    const lines = (kib: number) => Array.from({ length: kib }, () => "x".repeat(1022)); // with tag and length 1025 bytes
    const game = await t.unborn({ config: lines(250) });
    assert.ok((await game.initialize()).created);
    await refusal(game.initialize({ config: lines(260) }), "INVALID_SPEC");
    assert.equal((await game.get()).spec.config.length, 250);
  });

  test("all-violations-at-once", "a BadRequest holds the violations", async (t) => {
    const fields = await violations(t, { port: 0, config: ["a\nb"], arguments: ["a\0b"], overlays: [{ ref: ".." }] }, { Bad: "x" });
    for (const field of ["spec.port", "spec.config[0]", "spec.arguments[0]", "spec.overlays[0].ref"]) assert.ok(fields.includes(field), `${field} in ${fields.join(" ")}`);
    assert.equal(fields.length, 5);
  });

  test("a-status-is-never-large", "A whole status is at most 5 KiB in its binary encoding: a BadRequest holds the first violations that fit, at most 32", async (t) => {
    const game = await t.unborn({ config: Array.from({ length: 4096 }, (_, index) => `line ${index}\n`) });
    const { badRequest } = await refusal(game.initialize(), "INVALID_SPEC", { violations: "4096" });
    const fields = badRequest?.fieldViolations.map(({ field }) => field) ?? [];
    assert.ok(fields.length > 0 && fields.length <= 32, `${fields.length} violations`);
    assert.deepEqual(fields, fields.map((_, index) => `spec.config[${index}]`), "the first ones");
    await refusal(t.api.host.deleteOverlay({ ref: "é".repeat(20_000) }), "INVALID_OVERLAY_REF");
  });

  test("bad-references", "The `ref` of a request is no overlay reference, or leads out of the overlays directory.", async (t) => {
    const archive = await archiveOf({ "a.txt": "a" });
    for (const ref of badRefs) {
      await refusal(t.api.host.deleteOverlay({ ref }), "INVALID_OVERLAY_REF").catch((error: unknown) => {
        throw new Error(`the reference ${JSON.stringify(ref)}`, { cause: error });
      });
    }
    await refusal(importOverlay(t.api, "../evil", archive), "INVALID_OVERLAY_REF", { ref: "../evil" });
  });

  test("missing-overlay", "NOT_FOUND / OVERLAY_NOT_FOUND", async (t) => {
    const game = await t.unborn();
    const ref = t.ref();
    await refusal(game.initialize({ overlays: [{ ref }] }), "OVERLAY_NOT_FOUND", { ref });
    await refusal(game.get(), "INSTANCE_NOT_FOUND");
  });

  test("bad-page-tokens", "The page token is malformed or was given for another request.", async (t) => {
    const pageToken = "no token";
    await refusal(t.api.instances.listInstances({ pageToken }), "INVALID_PAGE_TOKEN");
    await refusal(t.api.host.listOverlays({ pageToken }), "INVALID_PAGE_TOKEN");
    await refusal(t.api.installation.listBuilds({ pageToken }), "INVALID_PAGE_TOKEN");
  });

  test("bad-filters", "The filter is not usable. Metadata: field.", async (t) => {
    const tooMany = { names: Array.from({ length: 1001 }, (_, index) => `n${index}`) };
    await refusal(t.api.instances.listInstances({ filter: tooMany }), "INVALID_FILTER", { field: /names/ });
    await refusal(t.api.instances.listInstances({ filter: { states: [InstanceState.UNSPECIFIED] } }), "INVALID_FILTER", { field: /states/ });
    await refusal(collect(t.api.instances.watchInstances({ filter: tooMany })), "INVALID_FILTER", { field: /names/ });
  });

  test("missing-build", "NOT_FOUND. Metadata: build.", async (t) => {
    await refusal(t.api.installation.activateBuild({ buildId: "no-such-build" }), "BUILD_NOT_FOUND", { build: "no-such-build" });
  });
});

export const errorsNotOffered = area("errors", (test) => {
  test("archives-are-refused-where-not-offered", "Raises UNIMPLEMENTED / NOT_IMPLEMENTED on a host without archives (GetHost, capabilities).", async (t) => {
    const game = await t.game();
    const { name } = game;
    await refusal(t.api.instances.listArchives({ name }), "NOT_IMPLEMENTED", { feature: /./ });
    await refusal(t.api.instances.restoreArchive({ name, archiveId: "x" }), "NOT_IMPLEMENTED", { feature: /./ });
    await refusal(game.reset({ archive: true }), "NOT_IMPLEMENTED", { feature: /./ });
  }, { needs: [lacks("archives")] });

  test("reset-with-preserve-is-refused-where-not-offered", "UNIMPLEMENTED / NOT_IMPLEMENTED for `archive` and for instances with `preserve`, on a host that does not offer them yet (GetHost, capabilities).", async (t) => {
    const game = await t.running({ preserve: ["left4dead2/cfg/banned_*.cfg"], config: [] });
    await refusal(game.reset(), "NOT_IMPLEMENTED", { feature: /./ });
    assert.equal((await game.status()).state, InstanceState.RUNNING, "what cannot be kept is not discarded");
  }, { needs: [lacks("preserve")] });

  test("installing-is-refused-where-not-offered", "UNIMPLEMENTED / NOT_IMPLEMENTED on a host without SteamCMD jobs (GetHost, capabilities).", async (t) => {
    await refusal(collect(t.api.installation.installGame({})), "NOT_IMPLEMENTED", { feature: /./ });
    await refusal(t.api.installation.cancelInstall({}), "NOT_IMPLEMENTED", { feature: /./ });
  }, { needs: [lacks("installGame")] });

  test("diagnosis-is-refused-where-not-offered", "Raises UNIMPLEMENTED / NOT_IMPLEMENTED on a host without diagnosis (GetHost, capabilities).", async (t) => {
    await refusal(t.api.host.diagnose({}), "NOT_IMPLEMENTED", { feature: /./ });
  }, { needs: [lacks("diagnose")] });
});

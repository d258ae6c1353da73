import assert from "node:assert/strict";
import { badRefs } from "../fixtures/bad-refs.ts";
import type { Spec } from "../fixtures/game.ts";
import { refusal } from "../fixtures/refusal.ts";
import type { TestContext } from "../fixtures/test-context.ts";
import { area } from "../runner/test-case.ts";

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

export const errorsSpecs = area("errors", (test) => {
  test("ports-out-of-range", "1 to 65535, required.", async (t) => {
    for (const port of [0, 65_536, 4_294_967_295]) assert.deepEqual(await violations(t, { port }), ["spec.port"]);
  });

  test("forbidden-characters-in-lines", "They pass verbatim; only NUL, CR and LF are refused.", async (t) => {
    assert.deepEqual(await violations(t, { config: ["fine", "a\nb", "a\rb", "a\0b"] }), [
      "spec.config[1]",
      "spec.config[2]",
      "spec.config[3]",
    ]);
    assert.deepEqual(await violations(t, { arguments: ["fine", "a\nb", "a\0b"] }), ["spec.arguments[1]", "spec.arguments[2]"]);
  });

  test("bad-references-in-a-specification", "Within a specification a bad reference is a violation of INVALID_SPEC.", async (t) => {
    const fields = await violations(t, { overlays: badRefs.map((ref) => ({ ref })) });
    assert.deepEqual(
      fields,
      badRefs.map((_, index) => `spec.overlays[${index}].ref`),
    );
  });

  test("bad-aliases", "Grammar: `[a-z0-9][a-z0-9_-]{0,31}`; unset exposes nothing. Unique within an instance.", async (t) => {
    const aliases = ["../x", "A", "-a", "a b", "x".repeat(33), 'a"b', "a;b", "a/b"];
    const fields = await violations(t, { overlays: aliases.map((alias, index) => ({ ref: `r${index}`, alias })) });
    assert.deepEqual(
      fields,
      aliases.map((_, index) => `spec.overlays[${index}].alias`),
    );
    const repeated = await violations(t, {
      overlays: [
        { ref: "a", alias: "same" },
        { ref: "b", alias: "same" },
      ],
    });
    assert.equal(repeated.length, 1);
    assert.match(repeated[0] ?? "", /^spec\.overlays\[1\]/);
  });

  test(
    "bad-labels",
    "At most 64; keys `[a-z0-9]([a-z0-9._/-]{0,61}[a-z0-9])?`, values at most 63 characters of `[A-Za-z0-9._-]`.",
    async (t) => {
      for (const labels of [
        { Upper: "x" },
        { "-a": "x" },
        { "a-": "x" },
        { "": "x" },
        { ["k".repeat(64)]: "x" },
        { k: "with space" },
        { k: "v".repeat(64) },
      ]) {
        const fields = await violations(t, {}, labels);
        assert.equal(fields.length, 1, JSON.stringify(labels));
        assert.match(fields[0] ?? "", /^labels/);
      }
      const many = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`k${index}`, "v"]));
      assert.equal((await violations(t, {}, many)).length, 1);
    },
  );

  test("bad-preserve-patterns", "Relative, without `..`. At most 64. Not together with `volatile`.", async (t) => {
    assert.deepEqual(await violations(t, { preserve: ["fine/*", "/etc/passwd", "a/../b", "../x"] }), [
      "spec.preserve[1]",
      "spec.preserve[2]",
      "spec.preserve[3]",
    ]);
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
    assert.deepEqual(await violations(t, { overlays: Array.from({ length: 101 }, (_, index) => ({ ref: `r${index}` })) }), [
      "spec.overlays",
    ]);
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
    for (const field of ["spec.port", "spec.config[0]", "spec.arguments[0]", "spec.overlays[0].ref"])
      assert.ok(fields.includes(field), `${field} in ${fields.join(" ")}`);
    assert.equal(fields.length, 5);
  });

  test(
    "a-status-is-never-large",
    "A whole status is at most 5 KiB in its binary encoding: a BadRequest holds the first violations that fit, at most 32",
    async (t) => {
      const game = await t.unborn({ config: Array.from({ length: 4096 }, (_, index) => `line ${index}\n`) });
      const { badRequest } = await refusal(game.initialize(), "INVALID_SPEC", { violations: "4096" });
      const fields = badRequest?.fieldViolations.map(({ field }) => field) ?? [];
      assert.ok(fields.length > 0 && fields.length <= 32, `${fields.length} violations`);
      assert.deepEqual(
        fields,
        fields.map((_, index) => `spec.config[${index}]`),
        "the first ones",
      );
      await refusal(t.api.host.deleteOverlay({ ref: "é".repeat(20_000) }), "INVALID_OVERLAY_REF");
    },
  );
});

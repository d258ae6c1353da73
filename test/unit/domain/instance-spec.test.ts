import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HostError } from "../../../src/domain/host-error.ts";
import { parseInstanceSpec } from "../../../src/domain/instance-spec.ts";

function violations(spec: unknown, labels: unknown = {}): Record<string, string> {
  try {
    parseInstanceSpec(spec, labels);
  } catch (error) {
    assert(error instanceof HostError);
    assert.equal(error.reason, "INVALID_SPEC");
    assert.equal(error.metadata["violations"], String(error.violations.length));
    return Object.fromEntries(error.violations.map(({ field, description }) => [field, description]));
  }
  return {};
}

describe("parseInstanceSpec", () => {
  it("fills the defaults of the older system in", () => {
    const { spec, labels } = parseInstanceSpec({ port: 27015 });
    assert.deepEqual(spec, { port: 27015, overlays: [], arguments: [], config: [], preserve: [], resources: {}, volatile: false });
    assert.deepEqual(labels, {});
  });

  it("passes configuration lines verbatim", () => {
    const config = ['hostname "My server"', 'alias x "say a; say b"', "", "  // ünïcode"];
    assert.deepEqual(parseInstanceSpec({ port: 1, config }).spec.config, config);
  });

  it("takes no text that is none: the wire and the game would get another one", () => {
    assert.deepEqual(violations({ port: 1, config: ["a\ud800b"], arguments: ["\udc00"], preserve: ["\ud83d\ude00", "\ud83d"] }), {
      "spec.config[0]": "a configuration line holds half of a surrogate pair, which is no character",
      "spec.arguments[0]": "an argument holds half of a surrogate pair, which is no character",
      "spec.preserve[1]": "a pattern holds half of a surrogate pair, which is no character",
    });
  });

  it("tells every violation with the path of its field", () => {
    const found = violations(
      {
        port: 70000,
        overlays: [{ ref: "../x" }, { ref: "a" }, { ref: "a" }],
        config: ["a\nb"],
        preserve: ["/etc/passwd"],
        resources: { memoryMaxBytes: 1, memoryHighBytes: 2 },
      },
      { "Bad Key": "x", ok: "va lue" },
    );
    assert.equal(found["spec.port"], "must be 1 to 65535");
    assert.match(found["spec.overlays[0].ref"] ?? "", /component "\.\."/);
    assert.match(found["spec.config[0]"] ?? "", /NUL, CR or LF/);
    assert.match(found["spec.preserve[0]"] ?? "", /relative/);
    assert.match(found["spec.resources.memory_high_bytes"] ?? "", /above/);
    assert.match(found["labels.ok"] ?? "", /value/);
    assert.match(found["labels.Bad Key"] ?? "", /key is 1 to 63/);
  });

  it("says that a missing port is required", () => {
    assert.deepEqual(violations({}), { "spec.port": "is required" });
  });

  for (const port of [0, 65536, -1, 1.5, "27015", Number.NaN, null]) {
    it(`refuses the port ${JSON.stringify(port)}`, () => assert.ok("spec.port" in violations({ port })));
  }

  for (const ref of [
    "",
    "/abs",
    "..",
    "a/../b",
    "a//b",
    "a/",
    ".",
    "a\0b",
    "a b",
    "ä",
    "a:b",
    "a,b",
    "x".repeat(65),
    "a/b/c/d/e/f/g/h/i",
  ]) {
    it(`refuses the overlay ${JSON.stringify(ref)}`, () =>
      assert.ok("spec.overlays[0].ref" in violations({ port: 1, overlays: [{ ref }] })));
  }

  it("refuses overlays and aliases that stand twice, and volatile with preserve", () => {
    assert.ok("spec.overlays[1]" in violations({ port: 1, overlays: [{ ref: "a" }, { ref: "a" }] }));
    assert.ok(
      "spec.overlays[1]" in
        violations({
          port: 1,
          overlays: [
            { ref: "a", alias: "x" },
            { ref: "b", alias: "x" },
          ],
        }),
    );
    assert.ok("spec.volatile" in violations({ port: 1, volatile: true, preserve: ["a"] }));
  });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { type InstanceSpecInput, parseInstanceSpec } from "../../../src/domain/instance-spec.ts";
import { parseSpecFile } from "../../../src/domain/spec-file.ts";
import { specFileValue, specFileYaml } from "../../../src/domain/spec-file-text.ts";

/** What comes back from the file, as YAML and as JSON. */
function roundTrips(input: InstanceSpecInput, labels: Record<string, string> = {}) {
  const wanted = parseInstanceSpec(input, labels);
  const value = specFileValue(wanted.spec, wanted.labels);
  for (const text of [specFileYaml(value), JSON.stringify(value)]) {
    const { warnings, ...found } = parseSpecFile(text, { strict: true });
    assert.deepEqual([found, warnings], [wanted, []], text);
  }
}

test("a specification as a file: defaults are left out, sizes in the largest unit", () => {
  const { spec, labels } = parseInstanceSpec(
    {
      port: 27015,
      overlays: [{ ref: "standard" }, { ref: "users/42/custom", alias: "mine" }],
      arguments: ["-tickrate", "100", "1.10", "yes"],
      config: ['hostname "My server"', "sv_cheats 0"],
      preserve: ["left4dead2/addons/**"],
      resources: { memoryMaxBytes: 2 * 1024 ** 3, memoryHighBytes: 1536 * 1024 ** 2, cpuQuotaPercent: 150, nice: -5 },
    },
    { mode: "versus" },
  );
  assert.deepEqual(specFileYaml(specFileValue(spec, labels)).split("\n"), [
    "port: 27015",
    "overlays:",
    "  - standard",
    "  - path: users/42/custom",
    "    alias: mine",
    "arguments:",
    "  - -tickrate",
    '  - "100"',
    '  - "1.10"',
    "  - yes",
    "config:",
    '  - hostname "My server"',
    "  - sv_cheats 0",
    "labels:",
    "  mode: versus",
    "preserve:",
    "  - left4dead2/addons/**",
    "resources:",
    "  memory_high: 1536M",
    "  memory_max: 2G",
    "  cpu_quota: 150%",
    "  nice: -5",
    "",
  ]);
});

test("what is read back is what was written", () => {
  roundTrips({ port: 1 });
  roundTrips({ port: 27015, volatile: true, resources: { memoryMaxBytes: 1, tasksMax: 9, nice: 0 } });
  roundTrips({ port: 27015, resources: { memoryMaxBytes: Number.MAX_SAFE_INTEGER, memoryHighBytes: 3 * 1024 ** 4 } });
  const texts = [
    "",
    " ",
    "~",
    "null",
    "true",
    "0x10",
    "1e3",
    "- a",
    "a: b",
    "# c",
    "a #b",
    "'",
    '"',
    "\\n",
    "&a",
    "*a",
    "!t",
    "%x",
    "@",
    "`",
  ];
  const harder = [
    "{a}",
    "[b",
    "|",
    ">",
    "?",
    ": ",
    "a:",
    " a ",
    "\ttab\t",
    "---",
    "...",
    "\x1b[2J",
    "\x85",
    "\x9b2J",
    "\u2028",
    "\ufeff",
    "ä🎮",
  ];
  const all = [...texts, ...harder, "x ".repeat(900), "y".repeat(4000)];
  roundTrips({ port: 27015, arguments: all, config: all }, { "1": "1.10", null: "", true: "no", "a/b.c_d-e": "0x1F" });
});

test("texts of every kind of character are read back", () => {
  const random = (limit: number) => Math.floor(Math.random() * limit);
  const alphabet = [..." \t:#-?!&*|>'\"%@`{}[],\\~=<.\x01\x1b\x7f\x9f\u00a0\u2029\ufeff\ufffe0aä漢🎮"];
  for (let round = 0; round < 300; round++) {
    const config = Array.from({ length: 5 }, () => Array.from({ length: random(12) }, () => alphabet[random(alphabet.length)]).join(""));
    roundTrips({ port: 27015, config, arguments: config });
  }
});

test("nothing in the file commands a terminal", () => {
  const { spec } = parseInstanceSpec({ port: 27015, config: ["a\x1b[2J\x7f\x9b2J"] }, {});
  assert.match(specFileYaml(specFileValue(spec, {})), /^[\x20-\x7e\n]*$/);
});

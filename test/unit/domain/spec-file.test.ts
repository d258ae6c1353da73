import assert from "node:assert/strict";
import { test } from "node:test";
import { HostError } from "../../../src/domain/host-error.ts";
import { maximumSpecFileBytes, parseSpecFile } from "../../../src/domain/spec-file.ts";

/** The violations as `field: description`. */
function refused(source: string | Uint8Array, strict = false): string[] {
  try {
    parseSpecFile(source, { strict });
  } catch (error) {
    assert.ok(error instanceof HostError, String(error));
    assert.equal(error.reason, "INVALID_SPEC");
    return error.violations.map(({ field, description }) => `${field}: ${description}`);
  }
  return assert.fail("it was accepted");
}

const texts = (list: string) => parseSpecFile(`port: 1\nconfig: ${list}`).spec.config;

test("the older system's file, and what was added", () => {
  const { spec, labels, warnings } = parseSpecFile(`
port: 27015
overlays:
  - standard
  - path: competitive/base
    alias: comp
arguments: [-tickrate, 100, +map, c1m1_hotel]
config:
  - hostname "My server"
  - alias x "say a; say b"
labels:
  mode: versus
  tier: 1.10
preserve: [left4dead2/cfg/banned_*.cfg]
resources: { memory_high: 1.5G, memory_max: 2147483648, tasks_max: 256, cpu_quota: 150%, nice: -5 }
volatile: false
`);
  assert.deepEqual(spec, {
    port: 27015,
    overlays: [{ ref: "standard" }, { ref: "competitive/base", alias: "comp" }],
    arguments: ["-tickrate", "100", "+map", "c1m1_hotel"],
    config: ['hostname "My server"', 'alias x "say a; say b"'],
    preserve: ["left4dead2/cfg/banned_*.cfg"],
    resources: { memoryHighBytes: 1610612736, memoryMaxBytes: 2147483648, tasksMax: 256, cpuQuotaPercent: 150, nice: -5 },
    volatile: false,
  });
  assert.deepEqual(labels, { mode: "versus", tier: "1.10" });
  assert.deepEqual(warnings, []);
});

test("lists default to empty; a key without a value counts as left out; bytes and text are the same", () => {
  const empty = { port: 1, overlays: [], arguments: [], config: [], preserve: [], resources: {}, volatile: false };
  assert.deepEqual(parseSpecFile("port: 1").spec, empty);
  assert.deepEqual(parseSpecFile(Buffer.from("port: 1\noverlays:\narguments:\nconfig: ~\nresources:\nlabels:\nvolatile:\n")).spec, empty);
});

test("texts stay as they are written", () => {
  assert.deepEqual(texts("[1.10, 0x10, 1e3, 100, true, yes, No, .5, 0o17, +1]"), [
    "1.10",
    "0x10",
    "1e3",
    "100",
    "true",
    "yes",
    "No",
    ".5",
    "0o17",
    "+1",
  ]);
  assert.deepEqual(texts(`["quoted: x", 'it''s', "tab\\t", "", plain text # comment\n]`), ["quoted: x", "it's", "tab\t", "", "plain text"]);
  assert.deepEqual(parseSpecFile('port: 1\nlabels: { "a": yes, b: 007, c: "" }').labels, { a: "yes", b: "007", c: "" });
});

test("aliases stand for what they name, but multiply nothing", () => {
  assert.deepEqual(parseSpecFile("port: 1\narguments: &a [x, y]\nconfig: *a\npreserve: [&p z, *p]").spec.config, ["x", "y"]);
  const bomb = [
    "a: &a [x,x,x,x,x,x,x,x,x]",
    ...[..."bcdefghij"].map((key, index) => `${key}: &${key} [${Array(9).fill(`*${"abcdefghij"[index]}`).join(",")}]`),
  ];
  const violations = refused([...bomb, "port: 1", "config: *j"].join("\n"));
  assert.equal(violations.length, 9);
  assert.match(violations[0] ?? "", /^spec\.config\[0\]: is a list/);
  assert.match(
    refused(`x: &x v\nport: 1\nconfig: [${"*x,".repeat(5000)}]`)[0] ?? "",
    /spec\.config\[64\]: there are more than 64 aliases \(line 3/,
  );
  assert.deepEqual(refused("port: 1\nconfig: [*gone]"), ["spec.config[0]: the alias *gone has no anchor (line 2, column 10)"]);
  assert.match(refused("port: 1\noverlays: &o [*o]")[0] ?? "", /spec\.overlays\[0\]\.ref: is a list/);
});

test("each problem is told once, with line and column", () => {
  const cases: [string, RegExp[]][] = [
    ["port: [1, 2\nconfig: - a\n", [/must be sufficiently indented.*\(line 2, column 1\)$/]],
    ["port: 1\n  x: 2\n", [/Nested mappings are not allowed.*\(line 1, column 7\)$/]],
    ["{{{{", [/must.* end with a \}.*\(line 1, column 5\)$/]],
    ["port: @x\nconfig: `y", [/reserved character @ \(line 1, column 7\)$/, /reserved character ` \(line 2, column 9\)$/]],
    ["port: *x", [/^spec\.port: the alias \*x has no anchor \(line 1, column 7\)$/]],
    ["port 27015", [/^spec: must be a mapping of keys to values \(line 1, column 1\)$/]],
  ];
  for (const [source, expected] of cases) {
    const violations = refused(source);
    assert.equal(violations.length, expected.length, `${source}: ${violations.join(" | ")}`);
    for (const [index, pattern] of expected.entries()) assert.match(violations[index] ?? "", pattern);
  }
});

test("repeated keys are refused, wherever they are", () => {
  assert.deepEqual(refused("port: 1\nport: 2"), ["spec.port: is given twice (line 2, column 1)"]);
  assert.deepEqual(refused("port: 1\nlabels: { a: x, a: y }"), ["labels.a: is given twice (line 2, column 17)"]);
  assert.deepEqual(refused("port: 1\noverlays: [{ path: a, path: b }]"), ["spec.overlays[0].path: is given twice (line 2, column 23)"]);
  assert.deepEqual(refused("port: 1\nresources: { nice: 1, nice: 2 }"), ["spec.resources.nice: is given twice (line 2, column 23)"]);
});

test("unknown keys: a warning that names the nearest known key, or refused", () => {
  const nearest: [string, string | undefined][] = [
    ["prot: 1", "port"],
    ["Port: 1", "port"],
    ["overlay: []", "overlays"],
    ["args: []", "arguments"],
    ["resource: {}", "resources"],
    ["zzz: 1", undefined],
    [`${"x".repeat(300)}: 1`, undefined],
  ];
  for (const [line, near] of nearest) {
    const [warning] = parseSpecFile(`port: 1\n${line}`).warnings;
    assert.equal(warning?.code, "UNKNOWN_KEY");
    assert.match(
      warning.message,
      near === undefined ? /known keys: port, overlays/ : new RegExp(`\\(line 2, column 1\\); did you mean "${near}"\\?$`),
      line,
    );
  }
  const nested = parseSpecFile("port: 1\nresources: { memoryMax: 2G }\noverlays: [{ path: a, allias: b }]").warnings;
  assert.deepEqual(nested.map(({ field }) => field).sort(), ["spec.overlays[0].allias", "spec.resources.memoryMax"]);
  assert.deepEqual(refused("port: 1\nprot: 2", true), ['spec.prot: is not a known key; did you mean "port"? (line 2, column 1)']);
  // A required key that is missing as a consequence names the key that was probably meant to be it.
  assert.deepEqual(refused("prot: 27015"), [
    'spec.port: is required; the unknown key "prot" (line 1, column 1) is ignored: did you mean "port"?',
  ]);
  assert.deepEqual(refused("port: 1\noverlays: [{ paht: a }]"), [
    'spec.overlays[0].ref: is missing: { path: …, alias: … }; the unknown key "paht" (line 2, column 14) is ignored: did you mean "path"? (line 2, column 12)',
  ]);
  assert.deepEqual(refused("zzz: 27015"), ["spec.port: is required"]);
  assert.equal(parseSpecFile(["port: 1", ...Array.from({ length: 500 }, (_, index) => `k${index}: 1`)].join("\n")).warnings.length, 50);
});

test("wrong types are explained, all at once, where they stand", () => {
  const violations = refused(`port: "27015"
config:
  - hostname: My server
  - ~
  - [a]
overlays: [../x, { alias: a }, { path: }]
arguments: -tickrate 100
volatile: yes
resources: { memory_max: 2GB, cpu_quota: lots, tasks_max: many }
`);
  const wanted = [
    /^spec\.port: must be a number without quotes \(line 1, column 7\)/,
    /^spec\.config\[0\]: is a mapping, because of a colon.*\(line 3, column 5\)/,
    /^spec\.config\[1\]: is empty: write "".*\(line 4, column 5\)/,
    /^spec\.config\[2\]: is a list/,
    /^spec\.overlays\[0\]\.ref: the reference has the component "\.\." \(line 6, column 12\)/,
    /^spec\.overlays\[1\]\.ref: is missing.*\(line 6, column 18\)/,
    /^spec\.overlays\[2\]\.ref: is empty/,
    /^spec\.arguments: must be a list/,
    /^spec\.volatile: must be true or false \(line 8, column 11\)/,
    /^spec\.resources\.memory_max_bytes: must be a number of bytes.*\(line 9, column 26\)/,
    /^spec\.resources\.cpu_quota_percent: must be a whole percentage/,
    /^spec\.resources\.tasks_max: must be a number/,
  ];
  for (const pattern of wanted)
    assert.ok(
      violations.some((violation) => pattern.test(violation)),
      `${pattern}\n${violations.join("\n")}`,
    );
  assert.equal(violations.length, wanted.length, violations.join("\n"));
});

test("the schema's rules come with line and column too", () => {
  assert.deepEqual(refused("port: 70000"), ["spec.port: must be 1 to 65535 (line 1, column 7)"]);
  assert.deepEqual(refused("config: []"), ["spec.port: is required"]);
  assert.match(refused("port: 1\nconfig:\n  - |\n    a\n    b\n")[0] ?? "", /^spec\.config\[0\]: .*CR or LF \(line 3, column 5\)/);
  assert.match(
    refused("port: 1\nresources: { memory_high: 3G, memory_max: 2G }")[0] ?? "",
    /memory_high_bytes: is above memory_max_bytes \(line 2, column 27\)/,
  );
  assert.equal(refused(`port: 1\nconfig: [${"[],".repeat(2000)}]`).length, 51);
});

test("what is no specification at all", () => {
  assert.match(refused("")[0] ?? "", /the file is empty/);
  assert.match(refused("# nothing\n")[0] ?? "", /the file is empty/);
  assert.match(refused("- port")[0] ?? "", /must be a mapping of keys to values \(line 1, column 1\)/);
  assert.match(refused("port: 1\n---\nport: 2\n")[0] ?? "", /more than one document \(line 2, column 1\)/);
  assert.match(refused("port: 'x")[0] ?? "", /is not valid YAML: Missing closing 'quote \(line 1/);
  assert.match(refused("port: 1\n\tconfig: []")[0] ?? "", /is not valid YAML: .*\(line 2/);
  assert.match(refused("port: !foo 1")[0] ?? "", /tag/i);
  assert.match(refused("? [a]\n: 1\nport: 1")[0] ?? "", /has a key that is not a plain text/);
  assert.match(refused(Buffer.from([0x70, 0xff, 0xfe]))[0] ?? "", /not UTF-8/);
  const deep = refused("[".repeat(50_000));
  assert.equal(deep.length, 1);
  assert.match(deep[0] ?? "", /nested too deeply/);
});

test("10 MB are refused at once, many keys are read in a moment", () => {
  const started = Date.now();
  assert.match(refused("x".repeat(10_000_000))[0] ?? "", /more than 1048576 bytes/);
  assert.match(refused(Buffer.alloc(10_000_000))[0] ?? "", /more than 1048576 bytes/);
  const keys = ["port: 1", ...Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`)].join("\n");
  assert.ok(keys.length < maximumSpecFileBytes);
  assert.equal(parseSpecFile(keys).spec.port, 1);
  assert.ok(Date.now() - started < 15_000);
});

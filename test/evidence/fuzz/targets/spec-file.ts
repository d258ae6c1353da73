import assert from "node:assert/strict";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { instanceSpecFromProto, instanceSpecToProto } from "../../../../src/convert/instance-spec.ts";
import { canonicalJson } from "../../../../src/domain/etag.ts";
import { parseInstanceSpec } from "../../../../src/domain/instance-spec.ts";
import { parseSpecFile, type SpecFile } from "../../../../src/domain/spec-file.ts";
import { InstanceSpecSchema } from "../../../../src/gen/left4me/host/v1/instance_pb.ts";
import type { FuzzTarget, Verdict } from "../fuzz-target.ts";
import { refusedOr } from "../refused-or.ts";

const whole = `# a comment
port: 27015
overlays:
  - workshop/maps
  - { path: standard@2, alias: std }
arguments: [+map, c1m1_hotel, "-tickrate", 100, &a yes, *a]
config:
  - sv_cheats 0
  - "hostname \\"süß\\""
  - 'a''b'
  - |
    text
labels: { team: red, "a/b": 0x10 }
resources: { memory_high: 1.5G, memory_max: 2147483648, tasks_max: 200, cpu_quota: 150%, nice: -5 }
volatile: true
`;

/** Specification files: the YAML reader, the file's keys, the schema, and the way over the wire. */
export const target: FuzzTarget = {
  property:
    "INVALID_SPEC with 1 to 51 violations, or a specification that is the same after the schema, the wire and a file written from it",
  largestBytes: 4096,
  covers: ["/src/domain/", "/src/convert/"],
  seeds: [
    whole,
    "port: 27015\n",
    "port: 1\npreserve: [a/*.cfg, '**/b']\n",
    '{"port": 1, "config": ["\\u00e9", "\\x41"]}',
    "",
    "- a\n",
    "a: &a [*a]",
  ],
  words: [
    ...["port", "overlays", "arguments", "config", "labels", "preserve", "resources", "volatile", "path", "alias", "nice"],
    ...["memory_high", "memory_max", "tasks_max", "cpu_quota", "prot", "__proto__", "constructor", "toString", "<<", "null", "~"],
    ...[
      "&a ",
      "*a",
      "!!str ",
      "!!binary ",
      "!!set ",
      "!!merge ",
      "!t ",
      "? ",
      ": ",
      "- ",
      "\n",
      "\n  ",
      "\t",
      "---\n",
      "...\n",
      "%YAML 1.1\n",
    ],
    ...["{", "}", "[", "]", "[[[[[[[[", "{a: ", '"', "'", '"\\ud800"', '"\\0"', "|\n", ">-\n", "#", "\u0085", "\u2028", "\ufeff"],
    ...[
      "\nvolatile: false\n",
      "\nresources: {nice: 1}\n",
      "\nconfig: [a]\n",
      "\nlabels: {a: b}\n",
      "\narguments:\n- x\n",
      "\npreserve: [a]\n",
    ],
    ...["0x10", "0o17", "1e400", ".inf", ".nan", "-0", "1.5G", "150%", "9007199254740993", "true", "../..", "a/b", "27015"],
  ],
  check(input): Verdict {
    const lenient = refusedOr(["INVALID_SPEC"], () => parsed(input, false));
    const strict = refusedOr(["INVALID_SPEC"], () => parsed(input, true));
    if (lenient === undefined) {
      assert.equal(strict, undefined, "strict takes what is refused otherwise");
      return "refused";
    }
    assert.equal(strict === undefined, lenient.warnings.length > 0, "unknown keys are what strict refuses, and nothing else");
    assert.ok(lenient.warnings.length <= 50);
    const { spec, labels } = lenient;
    const text = canonicalJson({ spec, labels });
    assert.equal(canonicalJson(parseInstanceSpec(spec, labels)), text, "the schema changes what it made");
    const written = parseSpecFile(fileOf(lenient), { strict: true });
    assert.equal(canonicalJson({ spec: written.spec, labels: written.labels }), text, "a file written from it reads differently");
    const sent = fromBinary(InstanceSpecSchema, toBinary(InstanceSpecSchema, instanceSpecToProto(spec)));
    assert.equal(canonicalJson(instanceSpecFromProto(sent)), canonicalJson(spec), "the wire changes it");
    return "taken";
  },
};

function parsed(input: Buffer, strict: boolean): SpecFile {
  try {
    return parseSpecFile(input, { strict });
  } catch (error) {
    const violations = (error as { violations?: readonly unknown[] }).violations ?? [];
    assert.ok(
      error instanceof TypeError || error instanceof RangeError || (violations.length > 0 && violations.length <= 51),
      String(error),
    );
    throw error;
  }
}

/** JSON is YAML. */
function fileOf({ spec, labels }: SpecFile): string {
  const { overlays, resources, ...same } = spec;
  const { memoryHighBytes, memoryMaxBytes, tasksMax, cpuQuotaPercent, nice } = resources;
  return JSON.stringify({
    ...same,
    labels,
    overlays: overlays.map(({ ref, alias }) => (alias === undefined ? ref : { path: ref, alias })),
    resources: {
      memory_high: memoryHighBytes,
      memory_max: memoryMaxBytes,
      tasks_max: tasksMax,
      cpu_quota: cpuQuotaPercent,
      nice,
    },
  });
}

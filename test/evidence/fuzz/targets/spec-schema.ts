import assert from "node:assert/strict";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { instanceSpecFromProto, instanceSpecToProto } from "../../../../src/convert/instance-spec.ts";
import { canonicalJson } from "../../../../src/domain/etag.ts";
import { parseInstanceSpec } from "../../../../src/domain/instance-spec.ts";
import { InstanceSpecSchema } from "../../../../src/gen/left4me/host/v1/instance_pb.ts";
import { ByteSource } from "../byte-source.ts";
import type { FuzzTarget, Verdict } from "../fuzz-target.ts";
import { refusedOr } from "../refused-or.ts";

const numbers = [27015, 1, 0, -0, -1, 65_535, 65_536, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 2 ** 31, -20, 102_400];
const texts = [
  "a",
  "",
  "a/b",
  "../x",
  "/etc",
  "*.cfg",
  "**/x",
  "\0",
  "a\nb",
  "\ud800",
  "ä",
  "__proto__",
  "x".repeat(5000),
  "std",
  "A".repeat(64),
];
const keys = ["port", "overlays", "arguments", "config", "preserve", "resources", "volatile", "labels", "__proto__", "constructor", "x"];
const resourceKeys = ["memoryHighBytes", "memoryMaxBytes", "tasksMax", "cpuQuotaPercent", "nice", "other"];

/** What callers of the library and the wire may hand over as a specification and labels. */
export const target: FuzzTarget = {
  property: "INVALID_SPEC, or a specification that is the same after the schema and the wire",
  largestBytes: 512,
  covers: ["/src/domain/", "/src/convert/"],
  seeds: [Buffer.from([0, 1, 0, 0, 0, 0]), Buffer.from([0, 7, 0, 0, 1, 4, 1, 1, 0, 1, 2, 5, 5, 0, 1, 1, 0, 2, 0, 1, 2, 3])],
  words: [Buffer.from([0, 1, 0, 0]), Buffer.from([0, 1, 4, 1]), Buffer.from([255, 255])],
  check(input): Verdict {
    const choices = new ByteSource(input);
    const spec = choices.byte() % 8 === 7 ? anyValue(choices, 0) : likelySpec(choices);
    const labels = choices.byte() % 8 === 7 ? anyValue(choices, 0) : likelyLabels(choices);
    const parsed = refusedOr(["INVALID_SPEC"], () => parseInstanceSpec(spec, labels));
    if (parsed === undefined) return "refused";
    const text = canonicalJson(parsed);
    assert.equal(canonicalJson(parseInstanceSpec(parsed.spec, parsed.labels)), text, "the schema changes what it made");
    const message = create(InstanceSpecSchema, instanceSpecToProto(parsed.spec));
    const sent = instanceSpecFromProto(fromBinary(InstanceSpecSchema, toBinary(InstanceSpecSchema, message)));
    assert.equal(canonicalJson(parseInstanceSpec(sent, parsed.labels)), text, "the wire changes it");
    return "taken";
  },
};

/** A specification in whose place now and then something else stands. */
function likelySpec(choices: ByteSource): unknown {
  const spec: Record<string, unknown> = { port: or(choices, choices.pick(numbers)) };
  const lists: Readonly<Record<string, (choices: ByteSource) => unknown>> = {
    overlays: (from) => ({ ref: text(from), ...(from.byte() % 2 === 0 ? {} : { alias: text(from) }) }),
    arguments: text,
    config: text,
    preserve: text,
  };
  for (let left = choices.byte() % 8; left > 0; left -= 1) {
    const key = choices.pick(keys);
    const item = Object.hasOwn(lists, key) ? lists[key] : undefined;
    if (item !== undefined) spec[key] = or(choices, list(choices, item));
    else if (key === "volatile") spec[key] = or(choices, choices.byte() % 2 === 1);
    else if (key === "resources") spec[key] = or(choices, resources(choices));
    else define(spec, key, anyValue(choices, 1));
  }
  return spec;
}

function likelyLabels(choices: ByteSource): unknown {
  const labels: Record<string, unknown> = {};
  for (let left = choices.byte() % 6; left > 0; left -= 1) define(labels, text(choices), or(choices, text(choices)));
  return labels;
}

function resources(choices: ByteSource): unknown {
  const found: Record<string, unknown> = {};
  for (let left = choices.byte() % 6; left > 0; left -= 1) found[choices.pick(resourceKeys)] = or(choices, choices.pick(numbers));
  return found;
}

function list(choices: ByteSource, item: (choices: ByteSource) => unknown): unknown[] {
  const length = choices.byte();
  const items = Array.from({ length: length % 5 }, () => or(choices, item(choices)));
  return length < 250 ? items : Array.from({ length: 5000 }, () => items[0]);
}

function text(choices: ByteSource): string {
  return choices.byte() % 3 === 0 ? choices.text(70) : choices.pick(texts);
}

/** Mostly `value`. */
function or(choices: ByteSource, value: unknown): unknown {
  return choices.byte() > 240 ? anyValue(choices, 1) : value;
}

function anyValue(choices: ByteSource, depth: number): unknown {
  const kind = choices.byte() % (depth > 4 ? 8 : 10);
  if (kind === 8) return Array.from({ length: choices.byte() % 5 }, () => anyValue(choices, depth + 1));
  if (kind === 9) {
    const found = {};
    for (let left = choices.byte() % 5; left > 0; left -= 1) define(found, choices.pick([...keys, ...texts]), anyValue(choices, depth + 1));
    return found;
  }
  return [null, undefined, true, choices.pick(numbers), choices.pick(texts), 5n, new Date(0), new Map([["a", 1]])][kind];
}

/** A property of its own, also of the name `__proto__`. */
function define(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

import assert from "node:assert/strict";
import { create, type DescMessage, fromBinary, fromJson, type MessageShape, toBinary, toJson } from "@bufbuild/protobuf";
import { DurationSchema, TimestampSchema } from "@bufbuild/protobuf/wkt";
import { durationFromProto, durationToProto } from "../../../../src/convert/duration.ts";
import { instanceSpecFromProto, instanceSpecToProto } from "../../../../src/convert/instance-spec.ts";
import { timestampFromProto, timestampToProto } from "../../../../src/convert/timestamp.ts";
import { canonicalJson } from "../../../../src/domain/etag.ts";
import { parseInstanceSpec } from "../../../../src/domain/instance-spec.ts";
import { InstanceSpecSchema } from "../../../../src/gen/left4me/host/v1/instance_pb.ts";
import { InstanceFilterSchema } from "../../../../src/gen/left4me/host/v1/instance_service_pb.ts";
import { instanceFilterOf } from "../../../../src/service/instance-filter.ts";
import { ByteSource } from "../byte-source.ts";
import type { FuzzTarget, Verdict } from "../fuzz-target.ts";
import { refusedOr } from "../refused-or.ts";

const spec = instanceSpecToProto(
  parseInstanceSpec({
    port: 27015,
    overlays: [{ ref: "a/b", alias: "x" }],
    arguments: ["+map", "ü"],
    preserve: ["*.cfg"],
    resources: { memoryHighBytes: 2 ** 40, nice: -5, cpuQuotaPercent: 150 },
  }).spec,
);
const filter = create(InstanceFilterSchema, { names: ["demo"], labels: { team: "red" }, states: [1, 3] });

/** Messages as they come over the wire, in both encodings, up to the domain. */
export const target: FuzzTarget = {
  property: "what protobuf takes becomes INVALID_SPEC, INVALID_FILTER or a value that comes back the same from either encoding",
  largestBytes: 1024,
  covers: ["/src/convert/", "/src/domain/", "/src/service/instance-filter"],
  seeds: [
    Buffer.concat([Buffer.from([0]), toBinary(InstanceSpecSchema, spec)]),
    Buffer.concat([Buffer.from([1]), toBinary(InstanceFilterSchema, filter)]),
    `\x02${JSON.stringify(toJson(InstanceSpecSchema, spec))}`,
    `\x03${JSON.stringify(toJson(InstanceFilterSchema, filter))}`,
    Buffer.concat([Buffer.from([4]), toBinary(TimestampSchema, timestampToProto(new Date(1_700_000_000_123)))]),
    Buffer.concat([Buffer.from([5]), toBinary(DurationSchema, durationToProto(1.5) ?? create(DurationSchema))]),
  ],
  words: [
    ...[Buffer.from("ffffffffffffffffff01", "hex"), Buffer.from("ffffffff0f", "hex"), Buffer.from([0x0a, 0x03]), Buffer.from([0x08, 0x80])],
    ...[
      '"port":',
      '"overlays":[{"ref":"',
      '"resources":{',
      '"memoryMaxBytes":"18446744073709551615"',
      "null",
      "-1",
      '"\\ud800"',
      "[",
      "}",
      "1e9",
    ],
  ],
  check(input): Verdict {
    const choices = new ByteSource(input);
    const mode = choices.byte() % 6;
    const bytes = choices.rest();
    if (mode === 4) return timestamp(decoded(TimestampSchema, bytes, "binary"));
    if (mode === 5) return duration(decoded(DurationSchema, bytes, "binary"));
    if (mode % 2 === 0) return specification(decoded(InstanceSpecSchema, bytes, mode === 0 ? "binary" : "json"));
    const message = decoded(InstanceFilterSchema, bytes, mode === 1 ? "binary" : "json");
    if (message === undefined) return "refused";
    return refusedOr(["INVALID_FILTER"], () => instanceFilterOf(message)) === undefined ? "refused" : "taken";
  },
};

/** What the library refuses is answered before any code of ours. */
function decoded<Desc extends DescMessage>(desc: Desc, bytes: Buffer, encoding: "binary" | "json"): MessageShape<Desc> | undefined {
  try {
    return encoding === "binary" ? fromBinary(desc, bytes) : fromJson(desc, JSON.parse(bytes.toString("utf8")));
  } catch {
    return undefined;
  }
}

function specification(message: MessageShape<typeof InstanceSpecSchema> | undefined): Verdict {
  if (message === undefined) return "refused";
  const parsed = refusedOr(["INVALID_SPEC"], () => parseInstanceSpec(instanceSpecFromProto(message)));
  if (parsed === undefined) return "refused";
  const sent = instanceSpecToProto(parsed.spec);
  const text = canonicalJson(parsed.spec);
  for (const back of [
    fromBinary(InstanceSpecSchema, toBinary(InstanceSpecSchema, sent)),
    fromJson(InstanceSpecSchema, toJson(InstanceSpecSchema, sent)),
  ])
    assert.equal(canonicalJson(parseInstanceSpec(instanceSpecFromProto(back)).spec), text);
  return "taken";
}

function timestamp(message: MessageShape<typeof TimestampSchema> | undefined): Verdict {
  const time = timestampFromProto(message);
  if (time === undefined || Number.isNaN(time.getTime())) return "refused";
  assert.equal(timestampFromProto(timestampToProto(time))?.getTime(), time.getTime());
  return "taken";
}

function duration(message: MessageShape<typeof DurationSchema> | undefined): Verdict {
  const seconds = durationFromProto(message);
  if (seconds === undefined) return "refused";
  assert.ok(Number.isFinite(seconds));
  const back = durationFromProto(durationToProto(seconds));
  assert.ok(back !== undefined && Math.abs(back - seconds) <= Math.max(1e-9, Math.abs(seconds) * 2 ** -50));
  return "taken";
}

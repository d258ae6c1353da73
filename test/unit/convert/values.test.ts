import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { TimestampSchema } from "@bufbuild/protobuf/wkt";
import { durationFromProto, durationToProto } from "../../../src/convert/duration.ts";
import { enumTable } from "../../../src/convert/enum-table.ts";
import { instanceSpecFromProto } from "../../../src/convert/instance-spec.ts";
import { timestampFromProto, timestampToProto } from "../../../src/convert/timestamp.ts";
import { fromUint64, toUint64 } from "../../../src/convert/uint64.ts";
import { parseInstanceSpec } from "../../../src/domain/instance-spec.ts";
import { InstanceSpecSchema } from "../../../src/gen/left4me/host/v1/instance_pb.ts";

test("a table translates both ways and says what it does not know", () => {
  const table = enumTable<"A" | "B">()("Letter", { UNSPECIFIED: 0, A: 1, B: 2 } as const);
  assert.deepEqual([table.toProto("B"), table.fromProto(1), table.fromProto(0), table.names], [2, "A", undefined, ["A", "B"]]);
  assert.throws(() => table.fromProto(7), /Letter has no value 7/);
  assert.throws(() => table.required(0), /Letter is not specified/);
});

test("a table that lacks a name does not compile", () => {
  // @ts-expect-error the union lacks C
  enumTable<"A">()("Letter", { UNSPECIFIED: 0, A: 1, C: 2 } as const);
  // @ts-expect-error the enum lacks B
  enumTable<"A" | "B">()("Letter", { UNSPECIFIED: 0, A: 1 } as const);
});

test("times before 1970 keep their milliseconds", () => {
  const time = new Date(-1);
  assert.deepEqual(timestampToProto(time), create(TimestampSchema, { seconds: -1n, nanos: 999_000_000 }));
  assert.deepEqual(timestampFromProto(timestampToProto(time)), time);
  assert.ok(Number.isNaN(timestampFromProto(create(TimestampSchema, { seconds: 2n ** 62n }))?.getTime()));
});

test("durations carry instead of overflowing", () => {
  assert.deepEqual([durationToProto(1.9999999999)?.seconds, durationToProto(1.9999999999)?.nanos], [2n, 0]);
  assert.equal(durationFromProto(durationToProto(0.25)), 0.25);
  assert.equal(durationToProto(undefined), undefined);
});

test("counts are whole and not negative", () => {
  assert.equal(toUint64(3.9), 3n);
  assert.equal(fromUint64(2n ** 53n), 2 ** 53);
  for (const value of [-1, Number.NaN, Number.POSITIVE_INFINITY]) assert.throws(() => toUint64(value), RangeError);
});

test("a specification that leaves everything out is completed, and one with absurd numbers refused", () => {
  const parsed = parseInstanceSpec(instanceSpecFromProto(create(InstanceSpecSchema, { port: 27015, overlays: [{ ref: "a" }] })));
  assert.deepEqual(parsed.spec.overlays, [{ ref: "a" }]);
  const huge = create(InstanceSpecSchema, { port: 1, resources: { memoryMaxBytes: 2n ** 64n - 1n, memoryHighBytes: 0n } });
  assert.throws(() => parseInstanceSpec(instanceSpecFromProto(huge)), /memory_high_bytes.*memory_max_bytes/);
});

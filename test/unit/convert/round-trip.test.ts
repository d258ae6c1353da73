import assert from "node:assert/strict";
import { test } from "node:test";
import { type DescMessage, fromBinary, fromJson, toBinary, toJson } from "@bufbuild/protobuf";
import fc from "fast-check";
import { instanceToProto } from "../../../src/convert/instance.ts";
import { instanceSpecFromProto, instanceSpecToProto } from "../../../src/convert/instance-spec.ts";
import {
  ExitReportSchema,
  InstanceSchema,
  InstanceSpecSchema,
  InstanceStatusSchema,
  OperationSchema,
  ResourceUsageSchema,
} from "../../../src/gen/left4me/host/v1/instance_pb.ts";
import * as arbitrary from "./arbitrary.ts";

test("a specification round-trips: what goes over the wire, in either encoding, comes back as it was", () => {
  fc.assert(
    fc.property(arbitrary.spec, (spec) => {
      const message = instanceSpecToProto(spec);
      assert.deepEqual(instanceSpecFromProto(fromBinary(InstanceSpecSchema, toBinary(InstanceSpecSchema, message))), spec);
      assert.deepEqual(instanceSpecFromProto(fromJson(InstanceSpecSchema, toJson(InstanceSpecSchema, message))), spec);
    }),
    { numRuns: 60 },
  );
});

test("every field of every message of an instance is carried", () => {
  // A field that conversion forgets is absent from all samples; one that the contract gains fails here first.
  const seen = new Map<string, Set<string>>();
  const look = (desc: DescMessage, message: Record<string, unknown>) => {
    const names = seen.get(desc.typeName) ?? new Set();
    seen.set(desc.typeName, names);
    for (const field of desc.fields) {
      const value = message[field.localName];
      if (
        field.fieldKind === "scalar"
          ? value !== field.getDefaultValue() && value !== undefined && String(value) !== "0"
          : value !== undefined && value !== 0
      )
        names.add(field.localName);
      if (field.fieldKind === "message" && field.message.file.proto.package === "left4me.host.v1" && value !== undefined)
        look(field.message, value as Record<string, unknown>);
    }
  };
  for (const sample of fc.sample(arbitrary.instance, { numRuns: 300, seed: 1 }))
    look(InstanceSchema, instanceToProto(sample) as unknown as Record<string, unknown>);
  for (const desc of [InstanceSchema, InstanceStatusSchema, ExitReportSchema, OperationSchema, ResourceUsageSchema]) {
    assert.deepEqual([...(seen.get(desc.typeName) ?? [])].sort(), desc.fields.map(({ localName }) => localName).sort(), desc.typeName);
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { type DescMessage, fromBinary, fromJson, type MessageShape, toBinary, toJson } from "@bufbuild/protobuf";
import fc from "fast-check";
import { buildFromProto, buildToProto } from "../../../src/convert/build.ts";
import { exitReportFromProto, exitReportToProto } from "../../../src/convert/exit-report.ts";
import { instanceFromProto, instanceToProto } from "../../../src/convert/instance.ts";
import { instanceFilterFromProto, instanceFilterToProto } from "../../../src/convert/instance-filter.ts";
import { instanceSpecFromProto, instanceSpecToProto } from "../../../src/convert/instance-spec.ts";
import { logEntryFromProto, logEntryToProto } from "../../../src/convert/log-entry.ts";
import { operationFromProto, operationToProto } from "../../../src/convert/operation.ts";
import { overlayFromProto, overlayToProto } from "../../../src/convert/overlay.ts";
import { warningFromProto, warningToProto } from "../../../src/convert/warning.ts";
import { BuildSchema } from "../../../src/gen/left4me/host/v1/build_pb.ts";
import * as instanceMessages from "../../../src/gen/left4me/host/v1/instance_pb.ts";
import { InstanceFilterSchema } from "../../../src/gen/left4me/host/v1/instance_service_pb.ts";
import { LogEntrySchema } from "../../../src/gen/left4me/host/v1/log_service_pb.ts";
import { OverlaySchema } from "../../../src/gen/left4me/host/v1/overlay_pb.ts";
import * as arbitrary from "./arbitrary.ts";

/** What goes over the wire, in either encoding, comes back as it was. */
function roundTrips<Value, Desc extends DescMessage>(
  name: string,
  desc: Desc,
  values: fc.Arbitrary<Value>,
  to: (value: Value) => MessageShape<Desc>,
  from: (message: MessageShape<Desc>) => Value,
) {
  test(`${name} round-trips`, () => {
    fc.assert(
      fc.property(values, (value) => {
        const message = to(value);
        assert.deepEqual(from(fromBinary(desc, toBinary(desc, message))), value);
        assert.deepEqual(from(fromJson(desc, toJson(desc, message))), value);
      }),
      { numRuns: 60 },
    );
  });
}

const { InstanceSchema, InstanceSpecSchema, WarningSchema, OperationSchema, ExitReportSchema } = instanceMessages;
roundTrips("Instance", InstanceSchema, arbitrary.instance, instanceToProto, instanceFromProto);
roundTrips("InstanceSpec", InstanceSpecSchema, arbitrary.spec, instanceSpecToProto, instanceSpecFromProto);
roundTrips("Warning", WarningSchema, arbitrary.warning, warningToProto, warningFromProto);
roundTrips("Operation", OperationSchema, arbitrary.operation, operationToProto, operationFromProto);
roundTrips("ExitReport", ExitReportSchema, arbitrary.exitReport, exitReportToProto, exitReportFromProto);
roundTrips("Build", BuildSchema, arbitrary.build, buildToProto, buildFromProto);
roundTrips("Overlay", OverlaySchema, arbitrary.overlay, overlayToProto, overlayFromProto);
roundTrips("LogEntry", LogEntrySchema, arbitrary.logEntry, logEntryToProto, logEntryFromProto);
roundTrips("InstanceFilter", InstanceFilterSchema, arbitrary.filter, instanceFilterToProto, instanceFilterFromProto);

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
  for (const desc of [
    InstanceSchema,
    instanceMessages.InstanceStatusSchema,
    ExitReportSchema,
    OperationSchema,
    instanceMessages.ResourceUsageSchema,
  ]) {
    assert.deepEqual([...(seen.get(desc.typeName) ?? [])].sort(), desc.fields.map(({ localName }) => localName).sort(), desc.typeName);
  }
});

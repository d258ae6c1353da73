import { create } from "@bufbuild/protobuf";
import type { ResourceUsage } from "../domain/runtime-status.ts";
import { type ResourceUsage as ProtoUsage, ResourceUsageSchema } from "../gen/left4me/host/v1/instance_pb.ts";
import { durationFromProto, durationToProto } from "./duration.ts";
import { present } from "./present.ts";
import { requiredTimestampFromProto, timestampToProto } from "./timestamp.ts";
import { fromOptionalUint64, toOptionalUint64 } from "./uint64.ts";

/** What processes use, as the contract shows it. */
export function resourceUsageToProto(usage: ResourceUsage): ProtoUsage {
  const { sampleTime, memoryBytes, cpuSeconds, tasks, receiveBytes, transmitBytes, ...forgotten } = usage;
  forgotten satisfies Record<string, never>;
  return create(ResourceUsageSchema, {
    sampleTime: timestampToProto(sampleTime),
    ...present({
      memoryBytes: toOptionalUint64(memoryBytes),
      cpuTime: durationToProto(cpuSeconds),
      tasks,
      receiveBytes: toOptionalUint64(receiveBytes),
      transmitBytes: toOptionalUint64(transmitBytes),
    }),
  });
}

/** What processes use. */
export function resourceUsageFromProto(usage: ProtoUsage): ResourceUsage {
  const { sampleTime, memoryBytes, cpuTime, tasks, receiveBytes, transmitBytes } = usage;
  return {
    sampleTime: requiredTimestampFromProto(sampleTime),
    ...present({
      memoryBytes: fromOptionalUint64(memoryBytes),
      cpuSeconds: durationFromProto(cpuTime),
      tasks,
      receiveBytes: fromOptionalUint64(receiveBytes),
      transmitBytes: fromOptionalUint64(transmitBytes),
    }),
  };
}

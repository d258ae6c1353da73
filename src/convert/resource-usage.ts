import { create } from "@bufbuild/protobuf";
import type { ResourceUsage } from "../domain/runtime-status.ts";
import { type ResourceUsage as ProtoUsage, ResourceUsageSchema } from "../gen/left4me/host/v1/instance_pb.ts";
import { durationToProto } from "./duration.ts";
import { present } from "./present.ts";
import { timestampToProto } from "./timestamp.ts";
import { toOptionalUint64 } from "./uint64.ts";

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

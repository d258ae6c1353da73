import { create } from "@bufbuild/protobuf";
import type { InstanceStatus } from "../domain/instance.ts";
import { InstanceStatusSchema, type InstanceStatus as ProtoStatus } from "../gen/left4me/host/v1/instance_pb.ts";
import { drifts, instanceStates, readinesses } from "./contract-enums.ts";
import { exitReportToProto } from "./exit-report.ts";
import { operationToProto } from "./operation.ts";
import { present } from "./present.ts";
import { resourceUsageToProto } from "./resource-usage.ts";
import { timestampToProto } from "./timestamp.ts";
import { toUint64 } from "./uint64.ts";
import { warningToProto } from "./warning.ts";

/** What the host observes, as the contract shows it. */
export function instanceStatusToProto(status: InstanceStatus): ProtoStatus {
  const { state, readiness, drift, stateChangeTime, lastExit, usage, generation, nextGeneration, operation, warnings, ...same } = status;
  return create(InstanceStatusSchema, {
    ...same,
    state: instanceStates.toProto(state),
    readiness: readinesses.toProto(readiness),
    drift: drifts.toProto(drift),
    stateChangeTime: timestampToProto(stateChangeTime),
    generation: toUint64(generation),
    nextGeneration: toUint64(nextGeneration),
    warnings: warnings.map(warningToProto),
    ...present({
      lastExit: lastExit && exitReportToProto(lastExit),
      usage: usage && resourceUsageToProto(usage),
      operation: operation && operationToProto(operation),
    }),
  });
}

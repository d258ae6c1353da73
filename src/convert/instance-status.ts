import { create } from "@bufbuild/protobuf";
import type { InstanceStatus } from "../domain/instance.ts";
import { InstanceStatusSchema, type InstanceStatus as ProtoStatus } from "../gen/left4me/host/v1/instance_pb.ts";
import { drifts, instanceStates, readinesses } from "./contract-enums.ts";
import { exitReportFromProto, exitReportToProto } from "./exit-report.ts";
import { operationFromProto, operationToProto } from "./operation.ts";
import { present } from "./present.ts";
import { resourceUsageFromProto, resourceUsageToProto } from "./resource-usage.ts";
import { requiredTimestampFromProto, timestampToProto } from "./timestamp.ts";
import { fromUint64, toUint64 } from "./uint64.ts";
import { warningFromProto, warningToProto } from "./warning.ts";

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

/** What the host observes. @throws RangeError when a newer host names a value that this release does not know */
export function instanceStatusFromProto(status: ProtoStatus): InstanceStatus {
  return {
    state: instanceStates.required(status.state),
    readiness: readinesses.required(status.readiness),
    drift: drifts.required(status.drift),
    activeState: status.activeState,
    subState: status.subState,
    result: status.result,
    invocationId: status.invocationId,
    mainPid: status.mainPid,
    stateChangeTime: requiredTimestampFromProto(status.stateChangeTime),
    restarts: status.restarts,
    buildId: status.buildId,
    generation: fromUint64(status.generation),
    nextBuildId: status.nextBuildId,
    nextGeneration: fromUint64(status.nextGeneration),
    pendingRestart: status.pendingRestart,
    warnings: status.warnings.map(warningFromProto),
    ...present({
      lastExit: status.lastExit && exitReportFromProto(status.lastExit),
      usage: status.usage && resourceUsageFromProto(status.usage),
      operation: status.operation && operationFromProto(status.operation),
    }),
  };
}

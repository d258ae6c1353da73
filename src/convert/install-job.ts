import { create } from "@bufbuild/protobuf";
import type { InstallFailure, InstallJob, InstallLine } from "../domain/install-job.ts";
import {
  InstallFailureSchema,
  InstallJobSchema,
  InstallLineSchema,
  type InstallFailure as ProtoFailure,
  type InstallJob as ProtoJob,
  type InstallLine as ProtoLine,
} from "../gen/left4me/host/v1/install_job_pb.ts";
import { errorReasons, installPhases } from "./contract-enums.ts";
import { durationToProto } from "./duration.ts";
import { present } from "./present.ts";
import { optionalTimestampToProto, timestampToProto } from "./timestamp.ts";
import { toOptionalUint64, toUint64 } from "./uint64.ts";

/** An installation job as the contract shows it. */
export function installJobToProto(job: InstallJob): ProtoJob {
  const { id, phase, percent, doneBytes, totalBytes, bytesPerSecond, remainingSeconds, startTime, endTime, failure, ...rest } = job;
  const { buildId, upToDate, activated, baseBuildId, caller, validate, keepActiveBuild, removedBuildIds, ...forgotten } = rest;
  forgotten satisfies Record<string, never>;
  return create(InstallJobSchema, {
    id,
    phase: installPhases.toProto(phase),
    startTime: timestampToProto(startTime),
    ...{ buildId, upToDate, activated, baseBuildId, caller, validate, keepActiveBuild },
    removedBuildIds: [...removedBuildIds],
    ...present({
      percent,
      doneBytes: toOptionalUint64(doneBytes),
      totalBytes: toOptionalUint64(totalBytes),
      bytesPerSecond: toOptionalUint64(bytesPerSecond),
      remaining: durationToProto(remainingSeconds),
      endTime: optionalTimestampToProto(endTime),
      failure: failure && failureToProto(failure),
    }),
  });
}

/** A line of a job's log as the contract shows it. */
export function installLineToProto({ sequence, time, text }: InstallLine): ProtoLine {
  return create(InstallLineSchema, { sequence: toUint64(sequence), time: timestampToProto(time), text });
}

function failureToProto({ reason, cause, cure, exitCode, signal, stderr, metadata, ...forgotten }: InstallFailure): ProtoFailure {
  forgotten satisfies Record<string, never>;
  return create(InstallFailureSchema, {
    reason: errorReasons.toProto(reason),
    cause,
    cure,
    signal,
    stderr,
    metadata,
    ...present({ exitCode }),
  });
}

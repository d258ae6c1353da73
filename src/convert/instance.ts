import { create } from "@bufbuild/protobuf";
import type { Instance } from "../domain/instance.ts";
import {
  InstanceSchema,
  InstanceSpecSchema,
  InstanceStatusSchema,
  type Instance as ProtoInstance,
} from "../gen/left4me/host/v1/instance_pb.ts";
import { desiredStates } from "./contract-enums.ts";
import { instanceSpecFromProto, instanceSpecToProto } from "./instance-spec.ts";
import { instanceStatusFromProto, instanceStatusToProto } from "./instance-status.ts";
import { requiredTimestampFromProto, timestampToProto } from "./timestamp.ts";
import { fromUint64, toUint64 } from "./uint64.ts";

/** An instance as the contract shows it. */
export function instanceToProto(instance: Instance): ProtoInstance {
  const { name, uid, etag, labels, spec, desiredState, status, createTime, updateTime, revision, ...forgotten } = instance;
  forgotten satisfies Record<string, never>;
  return create(InstanceSchema, {
    name,
    uid,
    etag,
    labels: { ...labels },
    spec: instanceSpecToProto(spec),
    desiredState: desiredStates.toProto(desiredState),
    status: instanceStatusToProto(status),
    createTime: timestampToProto(createTime),
    updateTime: timestampToProto(updateTime),
    revision: toUint64(revision),
  });
}

/** An instance. @throws RangeError when a newer host names a state that this release does not know */
export function instanceFromProto(instance: ProtoInstance): Instance {
  const { name, uid, etag, labels, spec, desiredState, status, createTime, updateTime, revision } = instance;
  return {
    name,
    uid,
    etag,
    labels,
    spec: instanceSpecFromProto(spec ?? create(InstanceSpecSchema)),
    desiredState: desiredStates.required(desiredState),
    status: instanceStatusFromProto(status ?? create(InstanceStatusSchema)),
    createTime: requiredTimestampFromProto(createTime),
    updateTime: requiredTimestampFromProto(updateTime),
    revision: fromUint64(revision),
  };
}

import { create } from "@bufbuild/protobuf";
import type { Instance } from "../domain/instance.ts";
import { InstanceSchema, type Instance as ProtoInstance } from "../gen/left4me/host/v1/instance_pb.ts";
import { desiredStates } from "./contract-enums.ts";
import { instanceSpecToProto } from "./instance-spec.ts";
import { instanceStatusToProto } from "./instance-status.ts";
import { timestampToProto } from "./timestamp.ts";
import { toUint64 } from "./uint64.ts";

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

import { create } from "@bufbuild/protobuf";
import type { Operation } from "../domain/instance.ts";
import { OperationSchema, type Operation as ProtoOperation } from "../gen/left4me/host/v1/instance_pb.ts";
import { verbs } from "./contract-enums.ts";
import { timestampToProto } from "./timestamp.ts";

/** A mutation under way, as the contract shows it. */
export function operationToProto(operation: Operation): ProtoOperation {
  const { id, verb, startTime, step, caller } = operation;
  return create(OperationSchema, { id, verb: verbs.toProto(verb), startTime: timestampToProto(startTime), step, caller });
}

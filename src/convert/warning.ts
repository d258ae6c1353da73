import { create } from "@bufbuild/protobuf";
import type { Warning } from "../domain/instance.ts";
import { type Warning as ProtoWarning, WarningSchema } from "../gen/left4me/host/v1/instance_pb.ts";
import { warningCodes } from "./contract-enums.ts";

/** A warning as the contract shows it. */
export function warningToProto(warning: Warning): ProtoWarning {
  return create(WarningSchema, { code: warningCodes.toProto(warning.code), message: warning.message, field: warning.field ?? "" });
}

import { create } from "@bufbuild/protobuf";
import type { Finding, Severity } from "../domain/finding.ts";
import { FindingSchema, type Finding as ProtoFinding, Severity as ProtoSeverity } from "../gen/left4me/host/v1/host_service_pb.ts";
import { enumTable } from "./enum-table.ts";

const severities = enumTable<Severity>()("Severity", ProtoSeverity);

/** A finding as the contract shows it. */
export function findingToProto({ check, severity, message, cure }: Finding): ProtoFinding {
  return create(FindingSchema, { check, severity: severities.toProto(severity), message, cure });
}

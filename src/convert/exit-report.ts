import { create } from "@bufbuild/protobuf";
import type { ExitReport } from "../domain/exit-report.ts";
import { ExitReportSchema, type ExitReport as ProtoExitReport } from "../gen/left4me/host/v1/instance_pb.ts";
import { present } from "./present.ts";
import { timestampToProto } from "./timestamp.ts";

/** How an invocation ended, as the contract shows it. */
export function exitReportToProto(exit: ExitReport): ProtoExitReport {
  return create(ExitReportSchema, {
    invocationId: exit.invocationId,
    intended: exit.intended,
    exitTime: timestampToProto(exit.exitTime),
    result: exit.result,
    lastLines: [...exit.lastLines],
    ...present({ code: exit.code, signal: exit.signal, oom: exit.oom }),
  });
}

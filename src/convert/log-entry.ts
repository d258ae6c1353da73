import { create } from "@bufbuild/protobuf";
import type { LogEntry } from "../domain/log-entry.ts";
import { LogEntrySchema, type LogEntry as ProtoLogEntry } from "../gen/left4me/host/v1/log_service_pb.ts";
import { lifecycleEvents } from "./contract-enums.ts";
import { timestampToProto } from "./timestamp.ts";

/** An entry as callers see it: the driver's position has become a cursor. */
export type CursoredLogEntry = Omit<LogEntry, "position"> & { readonly cursor: string };

/**
 * An entry as the contract shows it.
 *
 * Assigned field by field, because this runs once a line and follower.
 */
export function logEntryToProto(entry: CursoredLogEntry): ProtoLogEntry {
  const message = create(LogEntrySchema);
  message.cursor = entry.cursor;
  message.time = timestampToProto(entry.time);
  message.timeEstimated = entry.timeEstimated;
  message.message = entry.message;
  if (entry.raw !== undefined) message.raw = entry.raw as ProtoLogEntry["raw"];
  message.invocationId = entry.invocationId;
  message.event = lifecycleEvents.toProto(entry.event ?? "NONE");
  message.partial = entry.partial;
  return message;
}

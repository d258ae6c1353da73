import { create } from "@bufbuild/protobuf";
import type { LogEntry } from "../domain/log-entry.ts";
import { LogEntrySchema, type LogEntry as ProtoLogEntry } from "../gen/left4me/host/v1/log_service_pb.ts";
import { lifecycleEvents } from "./contract-enums.ts";
import { present } from "./present.ts";
import { requiredTimestampFromProto, timestampToProto } from "./timestamp.ts";

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

/** An entry. @throws RangeError for an event that this release does not know */
export function logEntryFromProto(entry: ProtoLogEntry): CursoredLogEntry {
  const event = lifecycleEvents.required(entry.event);
  return {
    cursor: entry.cursor,
    time: requiredTimestampFromProto(entry.time),
    timeEstimated: entry.timeEstimated,
    message: entry.message,
    invocationId: entry.invocationId,
    partial: entry.partial,
    ...present({
      raw: entry.raw.length === 0 ? undefined : entry.raw,
      event: event === "NONE" ? undefined : event,
    }),
  };
}

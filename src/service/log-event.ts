import type { MessageInitShape } from "@bufbuild/protobuf";
import { logGapReasons } from "../convert/contract-enums.ts";
import { durationToProto } from "../convert/duration.ts";
import { logEntryToProto } from "../convert/log-entry.ts";
import { present } from "../convert/present.ts";
import { timestampToProto } from "../convert/timestamp.ts";
import { toOptionalUint64 } from "../convert/uint64.ts";
import type { StreamLogsResponseSchema } from "../gen/left4me/host/v1/log_service_pb.ts";
import type { LogEvent } from "../host/api.ts";

type LogMessage = MessageInitShape<typeof StreamLogsResponseSchema>;

/** An event of a log as the contract shows it. */
export function logMessage(event: LogEvent): LogMessage {
  switch (event.type) {
    case "hello": {
      const { hostId, uid, cursor, heartbeatSeconds } = event;
      const value = { hostId, uid, cursor, ...present({ heartbeatInterval: durationToProto(heartbeatSeconds) }) };
      return { event: { case: "hello", value } };
    }
    case "batch":
      return { event: { case: "batch", value: { entries: event.entries.map(logEntryToProto) } } };
    case "gap": {
      const { lost, reason, cursor } = event;
      return {
        event: { case: "gap", value: { reason: logGapReasons.toProto(reason), cursor, ...present({ lost: toOptionalUint64(lost) }) } },
      };
    }
    case "heartbeat":
      return { event: { case: "heartbeat", value: { cursor: event.cursor, time: timestampToProto(event.time) } } };
  }
}

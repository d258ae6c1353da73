import type { ServiceImpl } from "@connectrpc/connect";
import { present } from "../convert/present.ts";
import { timestampFromProto } from "../convert/timestamp.ts";
import { invalidRequest } from "../domain/failures.ts";
import type { LogService, StreamLogsRequest } from "../gen/left4me/host/v1/log_service_pb.ts";
import type { HostApi, LogRequest } from "../host/api.ts";
import { countedStream } from "./counted-stream.ts";
import { logMessage } from "./log-event.ts";
import type { StreamSlots } from "./stream-slots.ts";

/** The handlers of LogService. */
export function logService(host: HostApi, slots: StreamSlots): ServiceImpl<typeof LogService> {
  return {
    streamLogs: (request, { signal }) => countedStream(slots, signal, () => host.logs(logRequest(request), signal), logMessage),
  };
}

function logRequest({ name, lines, follow, start }: StreamLogsRequest): LogRequest {
  return { name, follow, ...present({ lines }), ...startOf(start) };
}

function startOf(start: StreamLogsRequest["start"]): Pick<LogRequest, "afterCursor" | "since" | "invocationId"> {
  switch (start.case) {
    case "afterCursor":
      return { afterCursor: start.value };
    case "invocationId":
      return { invocationId: start.value };
    case "since": {
      const since = timestampFromProto(start.value);
      if (since === undefined || Number.isNaN(since.getTime())) throw invalidRequest("since", "is no point in time");
      return { since };
    }
    case undefined:
      return {};
  }
}

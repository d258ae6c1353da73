import type { MessageInitShape } from "@bufbuild/protobuf";
import { durationToProto } from "../convert/duration.ts";
import { enumTable } from "../convert/enum-table.ts";
import { instanceToProto } from "../convert/instance.ts";
import { present } from "../convert/present.ts";
import { timestampToProto } from "../convert/timestamp.ts";
import { ChangeType, type WatchInstancesResponseSchema, WatchResyncReason } from "../gen/left4me/host/v1/instance_service_pb.ts";
import type { WatchResyncReason as ResyncReason, WatchEvent } from "../host/api.ts";

type WatchMessage = MessageInitShape<typeof WatchInstancesResponseSchema>;

const changeTypes = enumTable<"ADDED" | "MODIFIED" | "REMOVED">()("ChangeType", ChangeType);
const resyncReasons = enumTable<ResyncReason>()("WatchResyncReason", WatchResyncReason);

/** An event of a watch as the contract shows it. */
export function watchMessage(event: WatchEvent): WatchMessage {
  switch (event.type) {
    case "hello": {
      const { hostId, resumed, heartbeatSeconds } = event;
      const value = { hostId, resumed, ...present({ heartbeatInterval: durationToProto(heartbeatSeconds) }) };
      return { event: { case: "hello", value } };
    }
    case "change": {
      const { change, instance, cursor, merged } = event;
      return {
        event: { case: "change", value: { type: changeTypes.toProto(change), instance: instanceToProto(instance), cursor, merged } },
      };
    }
    case "bookmark":
      return { event: { case: "bookmark", value: { cursor: event.cursor } } };
    case "resync":
      return { event: { case: "resync", value: { reason: resyncReasons.toProto(event.reason) } } };
    case "heartbeat":
      return { event: { case: "heartbeat", value: { cursor: event.cursor, time: timestampToProto(event.time) } } };
  }
}

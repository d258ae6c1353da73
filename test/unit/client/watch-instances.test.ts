import assert from "node:assert/strict";
import { test } from "node:test";
import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  ChangeType,
  Code,
  ConnectError,
  createHostClient,
  type WatchItem,
  WatchResyncReason,
  watchInstances,
} from "../../../src/client/index.ts";
import type { WatchInstancesResponseSchema } from "../../../src/gen/left4me/host/v1/instance_service_pb.ts";
import { startSocketHost } from "./socket-host.ts";

type Message = MessageInitShape<typeof WatchInstancesResponseSchema>;
const hello = (resumed: boolean): Message => ({ event: { case: "hello", value: { resumed } } });
const change = (type: ChangeType, name: string, cursor = ""): Message => ({
  event: { case: "change", value: { type, instance: { name }, cursor } },
});
const bookmark = (cursor: string): Message => ({ event: { case: "bookmark", value: { cursor } } });
const heartbeat = (cursor: string): Message => ({ event: { case: "heartbeat", value: { cursor } } });

function told(item: WatchItem): string {
  if (item.type === "change") return `${item.change} ${item.instance.name}`;
  return item.type === "synced" ? `synced ${item.cursor}` : `resync ${item.reason}`;
}

test("snapshot, changes, resume, resync and a snapshot that was cut short", async () => {
  const cursors: string[] = [];
  const connections: Message[][] = [
    [hello(false), change(ChangeType.ADDED, "a")],
    [hello(false), change(ChangeType.ADDED, "a"), bookmark("1"), bookmark("2"), change(ChangeType.MODIFIED, "a", "3"), heartbeat("4")],
    [hello(true), bookmark("5")],
    [
      hello(false),
      { event: { case: "resync", value: { reason: WatchResyncReason.DAEMON_RESTARTED } } },
      change(ChangeType.ADDED, "b"),
      bookmark("6"),
      change(ChangeType.REMOVED, "b", "7"),
    ],
  ];
  await using host = await startSocketHost({
    instances: {
      async *watchInstances(request) {
        cursors.push(request.afterCursor);
        yield* connections[cursors.length - 1] ?? [];
        throw new ConnectError("gone", Code.Unavailable);
      },
    },
  });
  const client = createHostClient({ address: host.address });
  const texts: string[] = [];
  for await (const item of watchInstances(client, { initialDelayMs: 1, maximumDelayMs: 5 })) {
    texts.push(told(item));
    if (texts.at(-1) === "REMOVED b") break;
  }
  client.close();
  assert.deepEqual(texts, [
    "ADDED a",
    "resync CONNECTION_LOST",
    "ADDED a",
    "synced 1",
    "MODIFIED a",
    "resync DAEMON_RESTARTED",
    "ADDED b",
    "synced 6",
    "REMOVED b",
  ]);
  assert.deepEqual(cursors, ["", "", "4", "5"]);
});

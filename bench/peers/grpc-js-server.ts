/**
 * `grpc-js-server.ts DIRECTORY`: a server of the contract's messages by grpc-js, as one would first write it: from memory, and a
 * line to each stream as it comes, without a look at whether the client reads.
 *
 * It listens at peer.sock in the directory and answers with list.bin (a ListInstancesResponse) and lines like entry.bin (a
 * LogEntry). Each line of its standard input goes to every followed log; one that is the name of an instance is told to every
 * watch as a change of it.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { create, fromBinary, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { type handleServerStreamingCall, type handleUnaryCall, Server, ServerCredentials, type ServerWritableStream } from "@grpc/grpc-js";
import * as instances from "../../src/gen/left4me/host/v1/instance_service_pb.ts";
import * as logs from "../../src/gen/left4me/host/v1/log_service_pb.ts";
import { grpcJsService } from "../../test/wire/grpc-js-service.ts";

const directory = process.argv[2] ?? "";
const list = fromBinary(instances.ListInstancesResponseSchema, readFileSync(join(directory, "list.bin")));
const sample = fromBinary(logs.LogEntrySchema, readFileSync(join(directory, "entry.bin")));
const batchEntries = 256;
/** Longer than any bench: the peer sends no heartbeats. */
const heartbeatInterval = { seconds: 3600n };

type LogCall = ServerWritableStream<logs.StreamLogsRequest, logs.StreamLogsResponse>;
type WatchCall = ServerWritableStream<instances.WatchInstancesRequest, instances.WatchInstancesResponse>;
const followers = new Set<LogCall>();
const watchers = new Set<WatchCall>();

const getInstance: handleUnaryCall<instances.GetInstanceRequest, instances.GetInstanceResponse> = ({ request }, answer) => {
  const instance = list.instances.find(({ name }) => name === request.name);
  answer(null, create(instances.GetInstanceResponseSchema, instance === undefined ? {} : { instance }));
};

const listInstances: handleUnaryCall<instances.ListInstancesRequest, instances.ListInstancesResponse> = (_call, answer) =>
  answer(null, list);

const watchInstances: handleServerStreamingCall<instances.WatchInstancesRequest, instances.WatchInstancesResponse> = (call) => {
  call.write(watchEvent({ case: "hello", value: { heartbeatInterval } }));
  for (const instance of list.instances) call.write(change(instances.ChangeType.ADDED, instance));
  call.write(watchEvent({ case: "bookmark", value: { cursor: sample.cursor } }));
  keep(watchers, call);
};

const streamLogs: handleServerStreamingCall<logs.StreamLogsRequest, logs.StreamLogsResponse> = (call) => {
  call.write(logEvent({ case: "hello", value: { heartbeatInterval } }));
  if (call.request.follow) keep(followers, call);
  else void sendHistory(call, call.request.lines ?? 0);
};

function keep<Call extends WatchCall | LogCall>(calls: Set<Call>, call: Call): void {
  calls.add(call);
  call.on("cancelled", () => calls.delete(call));
}

/** The sample as often as asked for, in the contract's batches, as fast as the client takes them. */
async function sendHistory(call: LogCall, lines: number): Promise<void> {
  for (let sent = 0; sent < lines; sent += batchEntries) {
    const entries = Array.from({ length: Math.min(batchEntries, lines - sent) }, () => sample);
    if (!call.write(logEvent({ case: "batch", value: { entries } }))) await once(call, "drain");
  }
  call.end();
}

function tell(line: string): void {
  const entry = { ...sample, message: line, time: timestampNow() };
  const batch = logEvent({ case: "batch", value: { entries: [entry] } });
  for (const call of followers) call.write(batch);
  const instance = list.instances.find(({ name }) => name === line);
  if (instance === undefined) return;
  const changed = change(instances.ChangeType.MODIFIED, instance);
  for (const call of watchers) call.write(changed);
}

function change(type: instances.ChangeType, instance: (typeof list.instances)[number]): instances.WatchInstancesResponse {
  return watchEvent({ case: "change", value: { type, instance, cursor: sample.cursor } });
}

function watchEvent(event: NonNullable<MessageInitShape<typeof instances.WatchInstancesResponseSchema>["event"]>) {
  return create(instances.WatchInstancesResponseSchema, { event });
}

function logEvent(event: NonNullable<MessageInitShape<typeof logs.StreamLogsResponseSchema>["event"]>) {
  return create(logs.StreamLogsResponseSchema, { event });
}

const server = new Server();
server.addService(grpcJsService(instances.InstanceService), {
  GetInstance: getInstance,
  ListInstances: listInstances,
  WatchInstances: watchInstances,
});
server.addService(grpcJsService(logs.LogService), { StreamLogs: streamLogs });
server.bindAsync(`unix:${join(directory, "peer.sock")}`, ServerCredentials.createInsecure(), (error) => {
  if (error !== null) throw error;
  process.stdout.write("listens\n");
});
createInterface({ input: process.stdin }).on("line", tell);

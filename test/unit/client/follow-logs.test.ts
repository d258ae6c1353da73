import assert from "node:assert/strict";
import { test } from "node:test";
import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  asHostFailure,
  Code,
  ConnectError,
  createHostClient,
  followLogs,
  LifecycleEvent,
  LogGapReason,
  type LogItem,
} from "../../../src/client/index.ts";
import type { StreamLogsRequest, StreamLogsResponseSchema } from "../../../src/gen/left4me/host/v1/log_service_pb.ts";
import { failure, startSocketHost } from "./socket-host.ts";

type Message = MessageInitShape<typeof StreamLogsResponseSchema>;
type Connection = (request: StreamLogsRequest, signal: AbortSignal) => AsyncGenerator<Message> | Generator<Message>;

const hello = (cursor = "h"): Message => ({
  event: { case: "hello", value: { hostId: "h", uid: "u", cursor, heartbeatInterval: { seconds: 1n } } },
});
const lines = (...cursors: string[]): Message => ({
  event: { case: "batch", value: { entries: cursors.map((cursor) => ({ cursor, message: `line ${cursor}`, invocationId: "i1" })) } },
});
const gap = (cursor: string): Message => ({ event: { case: "gap", value: { lost: 3n, reason: LogGapReason.TRIMMED, cursor } } });
const fast = { initialDelayMs: 2, maximumDelayMs: 10 } as const;

/** Runs one connection after the other; the last one serves every further attempt. */
async function logHost(...connections: Connection[]) {
  const starts: string[] = [];
  const host = await startSocketHost({
    logs: {
      async *streamLogs(request, context) {
        starts.push(
          request.start.case === undefined ? `lines=${request.lines ?? "-"}` : `${request.start.case}=${String(request.start.value)}`,
        );
        yield* (connections[Math.min(starts.length, connections.length) - 1] as Connection)(request, context.signal);
      },
    },
  });
  const client = createHostClient({ address: host.address });
  return {
    host,
    client,
    starts,
    async [Symbol.asyncDispose]() {
      client.close();
      await host[Symbol.asyncDispose]();
    },
  };
}

const told = (item: LogItem) => (item.type === "entry" ? item.entry.message : `gap ${item.gap.lost}`);

async function collect(items: AsyncIterable<LogItem>, count = Number.POSITIVE_INFINITY): Promise<string[]> {
  const texts: string[] = [];
  for await (const item of items) {
    texts.push(told(item));
    if (texts.length === count) break;
  }
  return texts;
}

const broken = (): never => {
  throw new ConnectError("gone", Code.Unavailable);
};

test("resumes behind the last entry, gap or heartbeat; hands gaps out; ends when the instance is deleted", async () => {
  await using setup = await logHost(
    function* () {
      yield hello();
      yield lines("1", "2");
      throw failure(Code.Unavailable, "SHUTTING_DOWN", "draining");
    },
    function* () {
      yield hello("2");
      yield gap("5");
      broken();
    },
    function* () {
      yield { event: { case: "heartbeat", value: { cursor: "6" } } };
      broken();
    },
    function* () {
      yield hello("6");
      yield lines("7");
      throw failure(Code.NotFound, "INSTANCE_NOT_FOUND", "deleted");
    },
  );
  const attempts: number[] = [];
  const deletions: (string | undefined)[] = [];
  const items = followLogs(setup.client, {
    name: "a",
    lines: 10,
    ...fast,
    onReconnect: ({ attempt }) => attempts.push(attempt),
    onDeleted: (error) => deletions.push(asHostFailure(error)?.reason),
  });
  assert.deepEqual(await collect(items), ["line 1", "line 2", "gap 3", "line 7"]);
  assert.deepEqual(setup.starts, ["lines=10", "afterCursor=2", "afterCursor=5", "afterCursor=6"]);
  assert.deepEqual(attempts, [1, 1, 1]);
  assert.deepEqual(deletions, ["INSTANCE_NOT_FOUND"]);
});

test("a connection lost before the first entry resumes at the cursor of hello", async () => {
  await using setup = await logHost(
    function* () {
      yield hello("h0");
      broken();
    },
    function* () {
      yield hello("h0");
      yield lines("1");
    },
  );
  assert.deepEqual(await collect(followLogs(setup.client, { name: "a", ...fast }), 1), ["line 1"]);
  assert.deepEqual(setup.starts, ["lines=-", "afterCursor=h0"]);
});

test("a killed connection is resumed", async () => {
  await using setup = await logHost(
    async function* (_request, signal) {
      yield hello();
      yield lines("1");
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    },
    function* () {
      yield hello();
      yield lines("2");
    },
  );
  const texts: string[] = [];
  for await (const item of followLogs(setup.client, { name: "a", ...fast })) {
    texts.push(told(item));
    if (texts.length === 1) setup.host.dropConnections();
    if (texts.length === 2) break;
  }
  assert.deepEqual(texts, ["line 1", "line 2"]);
});

test("a silent stream is given up after three heartbeats and resumed on a new connection", async () => {
  const silent: Message = { event: { case: "hello", value: { cursor: "h", heartbeatInterval: { nanos: 300_000_000 } } } };
  await using setup = await logHost(
    async function* (_request, signal) {
      yield silent;
      yield lines("1");
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    },
    function* () {
      yield hello();
      yield lines("2");
    },
  );
  assert.deepEqual(await collect(followLogs(setup.client, { name: "a", ...fast }), 2), ["line 1", "line 2"]);
});

test("first failures are thrown, unless asked otherwise; a missing instance always", async () => {
  const absent = createHostClient({ address: "unix:/nonexistent/hostd.sock" });
  await assert.rejects(collect(followLogs(absent, { name: "a", ...fast })), /ENOENT/);
  await using setup = await logHost(broken, function* () {
    yield hello();
    yield lines("1");
  });
  assert.deepEqual(await collect(followLogs(setup.client, { name: "a", retryFirst: true, ...fast }), 1), ["line 1"]);
  await using empty = await logHost(() => {
    throw failure(Code.NotFound, "INSTANCE_NOT_FOUND", "no such instance");
  });
  await assert.rejects(collect(followLogs(empty.client, { name: "a", retryFirst: true, ...fast })), /no such instance/);
});

test("ends without an error at the signal, also while it waits between attempts", async () => {
  await using setup = await logHost(function* () {
    yield hello();
    yield lines("1");
    broken();
  }, broken);
  const controller = new AbortController();
  const options = {
    name: "a",
    signal: controller.signal,
    initialDelayMs: 60_000,
    maximumDelayMs: 60_000,
    onReconnect: () => controller.abort(),
  };
  assert.deepEqual(await collect(followLogs(setup.client, options)), ["line 1"]);
});

test("an invocation's log ends with the invocation, also when it was resumed", async () => {
  const exited: Message = {
    event: {
      case: "batch",
      value: {
        entries: [
          { cursor: "2", message: "exit", invocationId: "i1", event: LifecycleEvent.EXITED },
          { cursor: "3", message: "next", invocationId: "i2" },
        ],
      },
    },
  };
  await using setup = await logHost(
    function* () {
      yield hello();
      yield lines("1");
      broken();
    },
    function* () {
      yield hello();
      yield exited;
    },
  );
  assert.deepEqual(await collect(followLogs(setup.client, { name: "a", invocationId: "i1", ...fast })), ["line 1", "exit"]);
  assert.deepEqual(setup.starts, ["invocationId=i1", "afterCursor=1"]);
});

test("a host that has no room for the stream or its files is asked again; what stays as it is is thrown", async () => {
  const opened = function* () {
    yield hello();
    yield lines("1");
    broken();
  };
  const full = (reason: string) => () => {
    throw failure(Code.ResourceExhausted, reason, "no room");
  };
  await using setup = await logHost(opened, full("TOO_MANY_STREAMS"), full("TOO_MANY_FILES"), function* () {
    yield hello();
    yield lines("2");
  });
  assert.deepEqual(await collect(followLogs(setup.client, { name: "a", ...fast }), 2), ["line 1", "line 2"]);
  await using lasting = await logHost(opened, full("DISK_FULL"));
  await assert.rejects(collect(followLogs(lasting.client, { name: "a", ...fast })), /no room/);
});

test("without follow it ends with the history", async () => {
  await using setup = await logHost(function* (request) {
    yield hello();
    yield lines(String(request.follow));
  });
  assert.deepEqual(await collect(followLogs(setup.client, { name: "a", follow: false })), ["line false"]);
});

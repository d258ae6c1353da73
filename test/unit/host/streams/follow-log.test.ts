import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { LogPiece } from "../../../../src/domain/log-entry.ts";
import type { LogEvent, LogRequest } from "../../../../src/host/api.ts";
import type { HostContext } from "../../../../src/host/host-context.ts";
import { followLog } from "../../../../src/host/streams/follow-log.ts";
import { LogPacer } from "../../../../src/host/streams/log-pacer.ts";
import { FakeDriver } from "../../../../src/testing/fake-driver.ts";

const record = { name: "a", uid: "u1" };

type Script = {
  readonly logs: () => AsyncGenerator<LogPiece>;
  readonly logEnd?: () => Promise<string>;
  readonly heartbeatSeconds?: number;
};

/** Follows the log of an instance whose driver does as the script says. */
function follow({ logs, logEnd = async () => "end", heartbeatSeconds = 60 }: Script, request: Partial<LogRequest> = {}) {
  const context = {
    hostId: "h",
    driver: { info: { name: "scripted" }, logs, logEnd },
    registry: { entry: () => ({ record }), find: () => ({ record }) },
    heartbeatSeconds,
    pacer: new LogPacer(),
    closing: new AbortController().signal,
  };
  return followLog(context as unknown as HostContext, { name: "a", follow: true, ...request }, AbortSignal.timeout(10_000));
}

/** Tells nothing. */
async function* silence(): AsyncGenerator<LogPiece> {
  await new Promise((resolve) => setTimeout(resolve, 5000).unref());
}

async function nextOf(stream: AsyncGenerator<LogEvent>): Promise<LogEvent> {
  return (await stream.next()).value;
}

describe("the hello", () => {
  it("comes before the driver is asked for anything, when history is", async () => {
    let calls = 0;
    const logEnd = () => {
      calls += 1;
      return new Promise<string>(() => {});
    };
    const hello = await nextOf(follow({ logs: silence, logEnd }));
    assert.deepEqual([hello.type, hello.type === "hello" && hello.cursor, calls], ["hello", "", 0]);
  });

  it("names the end when no history is asked for; a stream begins there", async () => {
    const hello = await nextOf(follow({ logs: silence }, { lines: 0 }));
    assert.ok(hello.type === "hello" && hello.cursor !== "");
    const resumed = await nextOf(follow({ logs: silence }, { afterCursor: hello.cursor }));
    assert.deepEqual(resumed, hello);
  });
});

describe("what a driver tells line by line", () => {
  it("comes gathered, every line with its cursor", async () => {
    const lines = Array.from({ length: 50 }, (_, index) => `line ${index}`);
    async function* lineByLine(): AsyncGenerator<LogPiece> {
      const rest = { time: new Date(0), timeEstimated: false, invocationId: "", partial: false };
      for (const message of lines) yield { type: "batch", entries: [{ ...rest, position: message, message }] };
    }
    const batches = [];
    for await (const event of follow({ logs: lineByLine }, { follow: false })) if (event.type === "batch") batches.push(event.entries);
    assert.deepEqual(
      batches.flat().map(({ message }) => message),
      lines,
    );
    assert.equal(new Set(batches.flat().map(({ cursor }) => cursor)).size, 50);
    assert.ok(batches.length < 10, `${batches.length} batches`);
  });
});

describe("a heartbeat of a stream that has told nothing", () => {
  it("names no cursor while there is history to tell: who resumes there would never see it", async () => {
    const stream = follow({ logs: silence, heartbeatSeconds: 0.05 });
    await stream.next();
    const heartbeat = await nextOf(stream);
    assert.ok(heartbeat.type === "heartbeat");
    assert.equal(heartbeat.cursor, "");
  });

  it("names the beginning of a log that was empty when the stream began", async () => {
    let end = "";
    const logEnd = async () => end;
    const stream = follow({ logs: silence, logEnd, heartbeatSeconds: 0.05 });
    await stream.next();
    const pulled = nextOf(stream);
    end = "later";
    const heartbeat = await pulled;
    const ofEmpty = await nextOf(follow({ logs: silence, logEnd: async () => "" }, { lines: 0 }));
    assert.ok(heartbeat.type === "heartbeat" && ofEmpty.type === "hello");
    assert.equal(heartbeat.cursor, ofEmpty.cursor);
  });

  it("the fake driver tells that a log is empty, as the port asks", async () => {
    assert.equal(await new FakeDriver().logEnd(record), "");
  });

  it("names the end of a stream that was to begin there", async () => {
    const stream = follow({ logs: silence, heartbeatSeconds: 0.05 }, { lines: 0 });
    const hello = await nextOf(stream);
    const heartbeat = await nextOf(stream);
    assert.ok(heartbeat.type === "heartbeat" && hello.type === "hello" && hello.cursor !== "");
    assert.equal(heartbeat.cursor, hello.cursor);
  });

  it("fails when the end cannot be known", async () => {
    const logEnd = () => Promise.reject(new Error("no end"));
    const stream = follow({ logs: silence, logEnd, heartbeatSeconds: 0.05 });
    await stream.next();
    await assert.rejects(stream.next(), /no end/);
  });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError, createContextValues, type StreamRequest, type StreamResponse, type UnaryRequest } from "@connectrpc/connect";
import { HostService } from "../../../src/gen/left4me/host/v1/host_service_pb.ts";
import { LogService } from "../../../src/gen/left4me/host/v1/log_service_pb.ts";
import { errorInterceptor } from "../../../src/service/error-interceptor.ts";

const nodeError = (code: string) => Object.assign(new Error(`write ${code}`), { code, syscall: "write" });

/** Runs a streaming call whose handler is `handle`; returns its answer and what was logged. */
async function call(method: object, sent: AsyncIterable<unknown>, handle: (messages: AsyncIterable<unknown>) => AsyncIterable<unknown>) {
  const logged: string[] = [];
  const intercept = errorInterceptor((level, message) => logged.push(`${level} ${message}`));
  const request = {
    stream: true,
    service: HostService,
    method,
    message: sent,
    signal: new AbortController().signal,
    contextValues: createContextValues(),
  };
  const next = async (passed: UnaryRequest | StreamRequest) =>
    ({ stream: true, message: handle((passed as StreamRequest).message) }) as unknown as StreamResponse;
  const response = await intercept(next)(request as unknown as StreamRequest);
  return { messages: (response as StreamResponse).message[Symbol.asyncIterator](), logged };
}

async function* nothing() {}

test("an answer that cannot be written means that the client has left: no error, and the handler ends", async () => {
  for (const code of ["ECANCELED", "EPIPE", "ECONNRESET", "ERR_STREAM_DESTROYED"]) {
    let ended = false;
    const { messages, logged } = await call(LogService.method.streamLogs, nothing(), async function* () {
      try {
        for (;;) yield {};
      } finally {
        ended = true;
      }
    });
    await messages.next();
    // The library throws what it could not write into the answer.
    await assert.rejects(Promise.resolve(messages.throw?.(nodeError(code))), (error) => ConnectError.from(error).code === Code.Canceled);
    assert.deepEqual([logged, ended], [[], true], code);
  }
});

test("a request that cannot be read to its end means the same", async () => {
  async function* broken() {
    yield {};
    throw nodeError("ECONNRESET");
  }
  const { messages, logged } = await call(HostService.method.importOverlay, broken(), async function* (sent) {
    for await (const _ of sent);
    yield {};
  });
  await assert.rejects(messages.next(), (error) => ConnectError.from(error).code === Code.Canceled);
  assert.deepEqual(logged, []);
});

test("the same error of the host's own making is a defect, and logged", async () => {
  const { messages, logged } = await call(LogService.method.streamLogs, nothing(), async function* () {
    yield {};
    throw nodeError("EPIPE");
  });
  await messages.next();
  await assert.rejects(messages.next(), (error) => ConnectError.from(error).code === Code.Internal);
  assert.deepEqual(logged, ["error a call failed"]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import { asConnectionProblem, asHostFailure, Code, ConnectError, createHostClient } from "../../../src/client/index.ts";
import { StartFailureSchema } from "../../../src/gen/left4me/host/v1/error_reason_pb.ts";
import { failure, startSocketHost } from "./socket-host.ts";

for (const protocol of ["connect", "grpc"] as const) {
  test(`calls over a unix socket, failures with their details (${protocol})`, async () => {
    await using host = await startSocketHost({
      host: { getHost: () => ({ host: { id: "h1", version: "1" } }) },
      instances: {
        startInstance: () => {
          const value = create(StartFailureSchema, { step: "waiting for the port", exit: { code: 3, lastLines: ["boom", "bye"] } });
          throw failure(Code.Internal, "START_FAILED", "the game ended", {
            metadata: { name: "a" },
            detail: { desc: StartFailureSchema, value },
          });
        },
        initializeInstance: () => {
          throw failure(Code.InvalidArgument, "INVALID_SPEC", "no", { violations: [{ field: "spec.port", description: "is required" }] });
        },
      },
    });
    const client = createHostClient({ address: host.address, protocol });
    assert.equal((await client.host.getHost({})).host?.id, "h1");

    const started = asHostFailure(await client.instances.startInstance({ name: "a" }).catch((error: unknown) => error));
    assert.equal(started?.code, "INTERNAL");
    assert.equal(started.reason, "START_FAILED");
    assert.equal(started.message, "the game ended");
    assert.deepEqual(started.metadata, { name: "a" });
    assert.equal(started.startFailure?.step, "waiting for the port");
    assert.deepEqual(started.startFailure.lastLines, ["boom", "bye"]);
    assert.equal(started.startFailure.exit?.code, 3);

    const refused = asHostFailure(await client.instances.initializeInstance({ name: "a" }).catch((error: unknown) => error));
    assert.deepEqual(refused?.violations, [{ field: "spec.port", description: "is required" }]);
    client.close();
  });
}

test("asHostFailure: foreign errors are undefined, newer reasons are kept by name", () => {
  for (const error of [undefined, null, "text", 7, new Error("x"), new ConnectError("x", Code.Unavailable), { code: 5 }]) {
    assert.equal(asHostFailure(error), undefined);
  }
  const newer = asHostFailure(failure(Code.FailedPrecondition, "MOON_PHASE", "not tonight"));
  assert.deepEqual([newer?.reason, newer?.rawReason, newer?.code], ["UNSPECIFIED", "MOON_PHASE", "FAILED_PRECONDITION"]);
  assert.equal(asHostFailure(failure(Code.Internal, "toString", "x"))?.reason, "UNSPECIFIED");
});

test("fractions of milliseconds in deadlines are rounded up, the default deadline spares streams", async () => {
  const seen: (string | null)[] = [];
  await using host = await startSocketHost({
    host: {
      getHost: (_request, context) => {
        seen.push(context.requestHeader.get("connect-timeout-ms"));
        return {};
      },
    },
    logs: {
      async *streamLogs(_request, context) {
        seen.push(context.requestHeader.get("connect-timeout-ms"));
        yield* [];
      },
    },
  });
  const client = createHostClient({ address: host.address, timeoutMs: 4999.2 });
  await client.host.getHost({});
  await client.host.getHost({}, { timeoutMs: 1234.5 });
  for await (const _ of client.logs.streamLogs({ name: "a" })) assert.fail();
  assert.deepEqual(seen, ["5000", "1235", null]);
  client.close();
});

test("connection problems are told from the host's words", async () => {
  const absent = createHostClient({ address: "unix:/nonexistent/hostd.sock" });
  const error: unknown = await absent.host.getHost({}).catch((caught: unknown) => caught);
  assert.equal(asConnectionProblem(error)?.code, "ENOENT");
  assert.equal(asHostFailure(error), undefined);
  assert.equal(asConnectionProblem(failure(Code.NotFound, "X", "x")), undefined);
});

test("a lost connection comes back; a closed client stays closed", { timeout: 60_000 }, async () => {
  await using host = await startSocketHost({ host: { getHost: () => ({}) } });
  const client = createHostClient({ address: host.address });
  await client.host.getHost({});
  host.dropConnections();
  // Until the client has seen the end its calls fail.
  const isAnswered = () =>
    client.host.getHost({}).then(
      () => true,
      (error: ConnectError) => {
        assert.equal(error.code, Code.Unavailable, error.stack);
        return false;
      },
    );
  while (!(await isAnswered())) await sleep(20);
  client.close();
  await assert.rejects(client.host.getHost({}), /has been closed/);
});

for (const protocol of ["connect", "grpc"] as const) {
  test(`a call whose host closes the session before it answers fails, it does not hang (${protocol})`, async () => {
    let drop: () => void = () => undefined;
    await using host = await startSocketHost({
      host: {
        getHost: () => {
          drop();
          return new Promise(() => undefined);
        },
      },
    });
    drop = () => setTimeout(() => host.dropConnections(), 10);
    const client = createHostClient({ address: host.address, protocol });
    const error: unknown = await client.host.getHost({}).catch((caught: unknown) => caught);
    assert.ok(error instanceof ConnectError);
    assert.equal(error.code, Code.Unavailable);
    client.close();
  });

  test(`a stream whose host closes the session, whole or within a message, was lost (${protocol})`, async () => {
    await using host = await startSocketHost({
      logs: {
        async *streamLogs({ name }) {
          yield { event: { case: "hello" as const, value: { cursor: "1" } } };
          setTimeout(() => host.dropConnections(), 20);
          // More than the client's window: the last message is on its way when the session ends.
          const message = "x".repeat(name === "cut" ? 4 * 2 ** 20 : 1);
          yield { event: { case: "batch" as const, value: { entries: [{ message }] } } };
          await new Promise(() => undefined);
        },
      },
    });
    const client = createHostClient({ address: host.address, protocol });
    for (const name of ["whole", "cut"]) {
      const read = async () => {
        for await (const { event } of client.logs.streamLogs({ name })) if (event.case === "hello" && name === "cut") await sleep(60);
      };
      await assert.rejects(read(), (error) => error instanceof ConnectError && error.code === Code.Unavailable, name);
    }
    client.close();
  });
}

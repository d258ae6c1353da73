import assert from "node:assert/strict";
import { test } from "node:test";
import { Code, ConnectError, createClient, createRouterTransport, type Transport } from "@connectrpc/connect";
import { withLostConnections } from "../../../src/client/connection-lost.ts";
import { HostService } from "../../../src/gen/left4me/host/v1/host_service_pb.ts";

/** A client of a host whose connection refuses the first calls in the words of Node's HTTP/2. */
function refusing(times: number, code = "REFUSED_STREAM", isClosed = () => false) {
  const calls = { made: 0, answered: 0 };
  const host = createRouterTransport(({ service }) =>
    service(HostService, {
      getHost: () => {
        calls.answered += 1;
        return {};
      },
    }),
  );
  const transport: Transport = {
    ...host,
    async unary(...args) {
      calls.made += 1;
      if (calls.made <= times) throw new ConnectError(`Stream closed with error code NGHTTP2_${code}`, Code.Internal);
      return await host.unary(...args);
    },
  };
  return { calls, client: createClient(HostService, withLostConnections(transport, isClosed)) };
}

const codeOf = async (call: Promise<unknown>) =>
  await call.then(
    () => "answered",
    (error: unknown) => ConnectError.from(error).code,
  );

test("a call that was refused is made once more: nothing was done of it", async () => {
  const { calls, client } = refusing(1);
  await client.getHost({});
  assert.deepEqual(calls, { made: 2, answered: 1 });
});

test("once only; then the connection is to blame", async () => {
  const { calls, client } = refusing(9);
  assert.equal(await codeOf(client.getHost({})), Code.Unavailable);
  assert.equal(calls.made, 2);
});

test("nothing is made once more for another end of a stream, a closed client, or a caller that has left", async () => {
  const other = refusing(1, "INTERNAL_ERROR");
  assert.equal(await codeOf(other.client.getHost({})), Code.Internal);
  const closed = refusing(1, "REFUSED_STREAM", () => true);
  assert.equal(await codeOf(closed.client.getHost({})), Code.Internal);
  const left = refusing(1);
  await codeOf(left.client.getHost({}, { signal: AbortSignal.abort() }));
  assert.deepEqual([other.calls.made, closed.calls.made, left.calls.answered], [1, 1, 0]);
});

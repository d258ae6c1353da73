import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { create, type DescMessage, type DescService, type MessageShape } from "@bufbuild/protobuf";
import { type Client, credentials, Metadata, makeGenericClientConstructor, type ServiceError, status } from "@grpc/grpc-js";
import { ErrorInfoSchema } from "../../src/gen/google/rpc/error_details_pb.ts";
import { HostService, ImportOverlayRequestSchema } from "../../src/gen/left4me/host/v1/host_service_pb.ts";
import { InstanceService } from "../../src/gen/left4me/host/v1/instance_service_pb.ts";
import { LogService } from "../../src/gen/left4me/host/v1/log_service_pb.ts";
import { eventually } from "./eventually.ts";
import { codec, grpcJsService } from "./grpc-js-service.ts";
import { type Served, serve } from "./serve.ts";

// grpc-js is the other gRPC library of Node: what it understands is not of Connect's making.

let served: Served;
const clients: Client[] = [];
before(async () => {
  served = await serve();
});
after(async () => {
  for (const client of clients) client.close();
  await served[Symbol.asyncDispose]();
});

function clientOf(service: DescService, target = `unix:${served.socketPath}`): Client {
  const Service = makeGenericClientConstructor(grpcJsService(service), service.typeName);
  const client = new Service(target, credentials.createInsecure());
  clients.push(client);
  return client;
}

function unary<I extends DescMessage, O extends DescMessage>(
  client: Client,
  method: { input: I; output: O; parent: DescService; name: string },
  request: MessageShape<I>,
): Promise<MessageShape<O>> {
  const { promise, resolve, reject } = Promise.withResolvers<MessageShape<O>>();
  client.makeUnaryRequest(
    `/${method.parent.typeName}/${method.name}`,
    codec(method.input).serialize,
    codec(method.output).deserialize,
    request,
    (error, response) => (error === null && response !== undefined ? resolve(response) : reject(error)),
  );
  return promise;
}

for (const transport of ["unix", "TCP"]) {
  test(`a unary call over ${transport}`, async () => {
    const client = clientOf(InstanceService, transport === "unix" ? undefined : `127.0.0.1:${served.port}`);
    const { getInstance } = InstanceService.method;
    const { instance } = await unary(client, getInstance, create(getInstance.input, { name: "beta" }));
    assert.equal(instance?.spec?.port, 27016);
  });
}

test("an error has its code, its message and its ErrorInfo in the trailers", async () => {
  const { getInstance } = InstanceService.method;
  const error = await unary(clientOf(InstanceService), getInstance, create(getInstance.input, { name: "nobody" })).catch(
    (reason: ServiceError) => reason,
  );
  assert.ok(error instanceof Error);
  assert.equal(error.code, status.NOT_FOUND);
  assert.equal(error.details, 'there is no instance "nobody"; initialize it first');
  const [details] = error.metadata.get("grpc-status-details-bin");
  assert.ok(Buffer.isBuffer(details));
  assert.ok(details.includes(ErrorInfoSchema.typeName));
  assert.ok(details.includes("INSTANCE_NOT_FOUND"));
});

test("a stream begins at once, and a cancellation ends it", async () => {
  const { streamLogs } = LogService.method;
  const { input, output } = streamLogs;
  const call = clientOf(LogService).makeServerStreamRequest(
    `/${LogService.typeName}/StreamLogs`,
    codec(input).serialize,
    codec(output).deserialize,
    create(input, { name: "alpha", follow: true }),
  );
  const cases: (string | undefined)[] = [];
  const { promise, resolve } = Promise.withResolvers<ServiceError>();
  call.on("data", ({ event }: MessageShape<typeof output>) => {
    cases.push(event.case);
    if (event.case === "batch") call.cancel();
  });
  call.on("error", resolve);
  assert.equal((await promise).code, status.CANCELLED);
  assert.deepEqual(cases, ["hello", "batch"]);
  assert.equal(await eventually(() => served.host.open, 0), 0);
});

test("a stream that may not begin says why", async () => {
  const { input, output } = LogService.method.streamLogs;
  const call = clientOf(LogService).makeServerStreamRequest(
    `/${LogService.typeName}/StreamLogs`,
    codec(input).serialize,
    codec(output).deserialize,
    create(input, { name: "nobody" }),
  );
  const { promise, resolve } = Promise.withResolvers<ServiceError>();
  call.on("data", () => {}).on("error", resolve);
  assert.equal((await promise).code, status.NOT_FOUND);
});

test("an upload, and one that is cancelled", async () => {
  const { input, output } = HostService.method.importOverlay;
  const upload = (finish: (call: { end(): void; cancel(): void }) => void) => {
    const { promise, resolve } = Promise.withResolvers<ServiceError | null>();
    const call = clientOf(HostService).makeClientStreamRequest(
      `/${HostService.typeName}/ImportOverlay`,
      codec(input).serialize,
      codec(output).deserialize,
      new Metadata(),
      (error) => resolve(error),
    );
    call.write(create(ImportOverlayRequestSchema, { part: { case: "header", value: { ref: "maps" } } }));
    call.write(create(ImportOverlayRequestSchema, { part: { case: "chunk", value: new Uint8Array(1000) } }), () => finish(call));
    return promise;
  };
  assert.equal(await upload((call) => call.end()), null);
  assert.equal(served.host.uploaded, 1000);
  served.host.uploaded = -1;
  assert.equal((await upload((call) => call.cancel()))?.code, status.CANCELLED);
  assert.equal(await eventually(() => served.host.broken.length, 1), 1);
  assert.equal(served.host.uploaded, -1);
});

test("a method that does not exist is UNIMPLEMENTED", async () => {
  const method = { ...InstanceService.method.getInstance, name: "GetNothing" };
  const error = await unary(clientOf(InstanceService), method, create(method.input)).catch((reason: ServiceError) => reason);
  assert.ok(error instanceof Error);
  assert.equal(error.code, status.UNIMPLEMENTED);
  assert.match(error.details, /has no RPC at/);
});

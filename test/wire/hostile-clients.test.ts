import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { after, before, test } from "node:test";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { InstanceService } from "../../src/gen/left4me/host/v1/instance_service_pb.ts";
import { LogService } from "../../src/gen/left4me/host/v1/log_service_pb.ts";
import { eventually } from "./eventually.ts";
import { frameType, grpcData, grpcHeaders, rapidResets, rawHttp2, resetStream } from "./raw-http2.ts";
import { type Served, serve } from "./serve.ts";

let served: Served;
before(async () => {
  served = await serve();
});
after(() => served[Symbol.asyncDispose]());

const instancePath = "/left4me.host.v1.InstanceService/GetInstance";
const importPath = "/left4me.host.v1.HostService/ImportOverlay";

/** The host serves on: the test of every test here. */
async function servesOn(): Promise<void> {
  const transport = createConnectTransport({ httpVersion: "1.1", baseUrl: served.baseUrl });
  await createClient(InstanceService, transport).getInstance({ name: "alpha" });
}

function post(contentType: string, body: Uint8Array | string, path = instancePath): Promise<Response> {
  return fetch(`${served.baseUrl}${path}`, {
    method: "POST",
    headers: { "content-type": contentType },
    body: typeof body === "string" ? body : new Uint8Array(body),
  });
}

test("a preface that arrives byte by byte is HTTP/2", async () => {
  const socket = await rawHttp2(served.port, 1);
  socket.write(Buffer.concat([grpcHeaders(1, instancePath), grpcData(1, Buffer.from("\n\x05alpha"), true)]));
  const answer = await readUntil(socket, "uid-alpha");
  assert.ok(answer.includes("uid-alpha"));
  socket.destroy();
});

test("HTTP/1.1 that arrives byte by byte is HTTP/1.1", async () => {
  const socket = connect({ port: served.port, host: "127.0.0.1", noDelay: true });
  for (const character of `PRIVATE ${instancePath} HTTP/1.1\r\n`) socket.write(character);
  const answer = await readUntil(socket, "HTTP/1.1 4");
  assert.match(answer.toString(), /^HTTP\/1.1 4/);
  socket.destroy();
});

test("neither silence nor half a header holds a connection", async () => {
  await using impatient = await serve({ limits: { headersTimeoutMs: 300 } });
  for (const opening of ["", "PRI * HT", `POST ${instancePath} HTTP/1.1\r\nHost: x\r\n`]) {
    const socket = connect({ port: impatient.port, host: "127.0.0.1" });
    socket.on("error", () => {}).resume();
    socket.write(opening);
    const began = performance.now();
    await once(socket, "close");
    assert.ok(performance.now() - began < 9000, JSON.stringify(opening)); // by default it is given 10 s
  }
  await servesOn();
});

test("a wrong content type, method or path says what is right", async () => {
  assert.equal((await post("text/plain", "x")).status, 415);
  assert.equal((await fetch(`${served.baseUrl}/left4me.host.v1.InstanceService/StartInstance`)).status, 405);
  const nowhere = await fetch(`${served.baseUrl}/`);
  assert.equal(nowhere.status, 404);
  assert.match(((await nowhere.json()) as { message: string }).message, /left4me.host.v1.InstanceService/);
});

test("a message that is no message harms nobody", async () => {
  // The library answers garbage in binary with INTERNAL over Connect, and with INVALID_ARGUMENT over gRPC.
  for (const [type, body, code] of [
    ["application/proto", Uint8Array.from([0xff, 0xff, 0xff]), "internal"],
    ["application/json", "{", "invalid_argument"],
  ] as const) {
    const response = await post(type, body);
    assert.equal(((await response.json()) as { code: string }).code, code);
  }
  await servesOn();
});

test("a truncated frame ends its call and nothing else", async () => {
  const socket = await rawHttp2(served.port);
  const whole = grpcData(1, Buffer.from("\n\x05alpha"), true);
  const cut = Buffer.from(whole.subarray(0, whole.length - 3));
  cut.writeUIntBE(cut.length - 9, 0, 3);
  socket.write(Buffer.concat([grpcHeaders(1, instancePath), cut]));
  // "grpc-status" as HPACK's Huffman code writes it, and its value, INVALID_ARGUMENT.
  const status = Buffer.from("9acac8b21234da8f0133", "hex").toString("latin1");
  assert.ok((await readUntil(socket, status)).includes(status, 0, "latin1"));
  const broken = connect({ port: served.port, host: "127.0.0.1" });
  broken.on("error", () => {}).end(Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), Buffer.from([0, 0, 200, 1])]));
  socket.destroy();
  await servesOn();
});

test("an oversize message is RESOURCE_EXHAUSTED", async () => {
  for (const transport of [
    createGrpcTransport({ baseUrl: served.baseUrl }),
    createConnectTransport({ httpVersion: "1.1", baseUrl: served.baseUrl }),
  ]) {
    const huge = { name: "alpha", spec: { port: 1, config: ["x".repeat(5 * 1024 * 1024)] } };
    const error = await createClient(InstanceService, transport)
      .initializeInstance(huge)
      .catch((reason: unknown) => reason);
    assert.ok(error instanceof ConnectError);
    assert.equal(error.code, Code.ResourceExhausted);
  }
  await servesOn();
});

test("headers that are too large end the connection only", async () => {
  const big = await fetch(`${served.baseUrl}${instancePath}`, { headers: { x: "y".repeat(20_000) } }).catch(() => undefined);
  assert.ok(big === undefined || big.status === 431);
  await servesOn();
});

test("an upload whose stream is reset is not taken for a whole one", async () => {
  for (const how of ["reset", "hang up"]) {
    served.host.uploaded = -1;
    served.host.received = 0;
    served.host.broken.length = 0;
    const socket = await rawHttp2(served.port);
    socket.write(
      Buffer.concat([grpcHeaders(1, importPath), grpcData(1, Buffer.from("\n\x03\n\x01a")), grpcData(1, Buffer.from("\x12\x03abc"))]),
    );
    assert.equal(await eventually(() => served.host.received, 3), 3, how);
    if (how === "reset") socket.write(resetStream(1));
    else socket.destroy();
    assert.equal(await eventually(() => served.host.broken.length, 1), 1, how);
    assert.equal(served.host.uploaded, -1, how);
    socket.destroy();
  }
  assert.deepEqual(served.complaints, [], "a client that leaves is nobody's error");
});

test("200 clients that vanish mid-stream leave nothing behind", async () => {
  const sockets = await Promise.all(Array.from({ length: 200 }, (_, index) => (index % 2 === 0 ? followOverHttp1() : followOverHttp2())));
  assert.equal(await eventually(() => served.daemon.slots.used, 200), 200);
  for (const socket of sockets) socket.destroy();
  assert.equal(await eventually(() => served.daemon.slots.used, 0), 0);
  assert.equal(await eventually(() => served.host.open, 0), 0);
  await servesOn();
});

test("clients that stop reading a flood, and vanish, leave nothing behind", async () => {
  await using flooded = await serve();
  flooded.host.flood = true;
  const sockets = await Promise.all(
    Array.from({ length: 20 }, (_, index) => (index % 4 === 0 ? followOverHttp1(flooded.port) : followOverHttp2(flooded.port))),
  );
  assert.equal(await eventually(() => flooded.daemon.slots.used, 20), 20);
  for (const socket of sockets) socket.destroy();
  assert.equal(await eventually(() => flooded.daemon.slots.used, 0), 0);
  assert.equal(await eventually(() => flooded.host.open, 0), 0);
  assert.deepEqual(flooded.complaints, [], "a client that leaves is nobody's error");
});

test("more streams than allowed are TOO_MANY_STREAMS", async () => {
  await using small = await serve({ maxStreams: 20 });
  const client = createClient(LogService, createGrpcTransport({ baseUrl: small.baseUrl }));
  const abort = new AbortController();
  const streams = Array.from({ length: 20 }, () =>
    client.streamLogs({ name: "alpha", follow: true }, { signal: abort.signal })[Symbol.asyncIterator](),
  );
  await Promise.all(streams.map((stream) => stream.next()));
  const error = await client
    .streamLogs({ name: "alpha" })
    [Symbol.asyncIterator]()
    .next()
    .catch((reason: unknown) => reason);
  assert.ok(error instanceof ConnectError);
  assert.equal(error.code, Code.ResourceExhausted);
  abort.abort();
  assert.equal(await eventually(() => small.daemon.slots.used, 0), 0);
});

test("rapid reset of 2000 streams", async () => {
  const socket = await rawHttp2(served.port);
  socket.resume();
  for (let id = 1; id < 4000; id += 2) {
    socket.write(
      Buffer.concat([
        grpcHeaders(id, "/left4me.host.v1.InstanceService/WatchInstances"),
        grpcData(id, new Uint8Array(), true),
        resetStream(id),
      ]),
    );
  }
  await servesOn();
  assert.equal(await eventually(() => served.daemon.slots.used + served.host.open, 0), 0);
  socket.destroy();
});

test("an endless rapid reset is cut off", async () => {
  const socket = await rawHttp2(served.port);
  const answered = readUntil(socket, "no such text");
  socket.write(rapidResets(40_000, "/nowhere"));
  const goAway = (await answered).indexOf(Buffer.from([frameType.goAway, 0, 0, 0, 0, 0]));
  assert.ok(goAway >= 0, "a GOAWAY frame");
  await servesOn();
});

async function followOverHttp2(port = served.port): Promise<Socket> {
  const socket = await rawHttp2(port);
  socket.pause();
  socket.write(
    Buffer.concat([grpcHeaders(1, "/left4me.host.v1.LogService/StreamLogs"), grpcData(1, Buffer.from("\n\x05alpha\x18\x01"), true)]),
  );
  return socket;
}

async function followOverHttp1(port = served.port): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1" });
  socket.on("error", () => {}).pause();
  const message = "\0\0\0\0\x09\n\x05alpha\x18\x01";
  socket.write(
    `POST /left4me.host.v1.LogService/StreamLogs HTTP/1.1\r\nHost: x\r\nContent-Type: application/connect+proto\r\nContent-Length: ${message.length}\r\n\r\n${message}`,
  );
  return socket;
}

/** What the server sends until a text comes, the connection ends, or a minute has passed. */
function readUntil(socket: Socket, text: string): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  let read: Buffer = Buffer.alloc(0);
  const done = () => resolve(read);
  const timer = setTimeout(done, 60_000);
  socket.on("data", (chunk: Buffer) => {
    read = Buffer.concat([read, chunk]);
    if (read.includes(text, 0, "latin1")) done();
  });
  socket.on("error", () => {}).once("close", done);
  return promise.finally(() => clearTimeout(timer));
}

// The session of a library is used once, so that its own view of a dying connection is covered too.
test("a library's session that is destroyed mid-stream leaves nothing behind", async () => {
  const session = connectHttp2(served.baseUrl);
  session.on("error", () => {});
  const stream = session.request({
    ":method": "POST",
    ":path": "/left4me.host.v1.LogService/StreamLogs",
    "content-type": "application/grpc",
    te: "trailers",
  });
  stream.on("error", () => {});
  stream.end(grpcData(1, Buffer.from("\n\x05alpha\x18\x01")).subarray(9));
  await once(stream, "data");
  assert.equal(served.host.open, 1);
  session.destroy();
  assert.equal(await eventually(() => served.host.open, 0), 0);
});

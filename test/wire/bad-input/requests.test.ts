import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { after, afterEach, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../eventually.ts";
import { grpcData, grpcHeaders, rapidResets, rawHttp2 } from "../raw-http2.ts";
import { GuardedHost } from "./guarded-host.ts";

const getInstance = "/left4me.host.v1.InstanceService/GetInstance";
const initializeInstance = "/left4me.host.v1.InstanceService/InitializeInstance";
const watchInstances = "/left4me.host.v1.InstanceService/WatchInstances";
const streamLogs = "/left4me.host.v1.LogService/StreamLogs";

describe("requests", () => {
  let host: GuardedHost;
  before(async () => {
    host = await GuardedHost.open();
  });
  after(() => host?.close());
  afterEach(async () => {
    await host.unharmed();
  });

  test("unknown fields are passed over, in JSON and in binary", async () => {
    const inJson = await post(getInstance, "application/json", JSON.stringify({ name: "stopped", colour: "red", more: [{ a: 1 }] }));
    assert.equal(inJson.status, 200, inJson.body);
    assert.match(inJson.body, /"name":"stopped"/);
    // The name, then field 99 with 5 bytes.
    const inBinary = await post(getInstance, "application/proto", Buffer.from("\n\x07stopped\x9a\x06\x05hello", "latin1"));
    assert.equal(inBinary.status, 200, inBinary.body);
    assert.match(inBinary.body, /stopped/);
    const misspelt = await post(initializeInstance, "application/json", JSON.stringify({ name: "new", spec: { prot: 27015 } }));
    assert.match(misspelt.body, /spec\.port/, "what is missing for it is told");
  });

  test("garbage is refused: no JSON, no message, no type, no compression", async () => {
    const garbage = Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 167 + 255) % 256));
    const answers = [
      await post(getInstance, "application/json", garbage),
      await post(getInstance, "application/json", "{"),
      await post(getInstance, "application/json", "[1,2]"),
      await post(getInstance, "application/proto", garbage),
      await post(getInstance, "text/plain", garbage),
      await post(getInstance, "application/json", garbage, { "content-encoding": "gzip" }),
      await post(getInstance, "application/json", "{}", { "content-encoding": "nonsense" }),
      await post(getInstance, "application/json", "{}", { "connect-timeout-ms": "soon" }),
    ];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [400, 400, 400, 500, 415, 400, 501, 400],
      answers.map(({ body }) => body).join("\n"),
    );
    for (const noise of [
      "\0\x01\x02\x03\xff\xfe garbage\r\n\r\n",
      "GET",
      "\r\n\r\n\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff",
    ]) {
      const socket = connect({ path: host.socketPath }).on("error", () => {});
      socket.end(Buffer.from(noise, "latin1"));
      socket.resume();
      await once(socket, "close");
    }
  });

  test("a frame that is cut off ends its call, and changes nothing", async () => {
    const socket = await rawHttp2(host.socketPath);
    const whole = grpcData(1, Buffer.from("\n\x03new\x12\x03\x08\x88\x55", "latin1"), true);
    const cut = Buffer.from(whole.subarray(0, whole.length - 3));
    cut.writeUIntBE(cut.length - 9, 0, 3);
    socket.write(Buffer.concat([grpcHeaders(1, initializeInstance), cut]));
    await once(socket, "data");
    // Half a frame, and then nothing.
    const half = await rawHttp2(host.socketPath);
    half.write(Buffer.concat([grpcHeaders(1, initializeInstance), whole.subarray(0, 12)]));
    await sleep(50);
    for (const each of [socket, half]) each.destroy();
  });

  test("a wrong method or path says what is right", async () => {
    const wrong = await Promise.all(["GET", "PUT", "DELETE"].map((method) => post(initializeInstance, "application/json", "", {}, method)));
    assert.deepEqual(
      wrong.map(({ status }) => status),
      [405, 405, 405],
    );
    const nowhere = await post("/left4me.host.v1.InstanceService/Explode", "application/json", "{}");
    assert.equal(nowhere.status, 404);
    assert.match(nowhere.body, /left4me\.host\.v1\.InstanceService/);
  });

  test("a request that is too large is RESOURCE_EXHAUSTED, a header that is ends its connection", async () => {
    const large = await post(initializeInstance, "application/json", JSON.stringify({ name: "x".repeat(8 * 1024 * 1024) }));
    assert.match(large.body, /resource_exhausted/);
    const header = await post(getInstance, "application/json", "{}", { x: "y".repeat(100_000) }).catch(() => ({ status: 431 }));
    assert.equal(header.status, 431);
  });

  test("a stream that is never read is one of many: others are served, and it costs little", async () => {
    const memory = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${host.pid}/status`, "utf8"))?.[1]) / 1024;
    const extra = await host.extra("noisy", { config: ["sim_log_bytes 1000", "sim_log_rate 5000"] });
    await host.client.instances.startInstance({ name: "noisy" });
    const before = memory();
    const deaf = await Promise.all(Array.from({ length: 10 }, () => follow("noisy")));
    for (const socket of deaf) socket.pause();
    await sleep(2000); // 10 MB for each of them
    const grown = memory() - before;
    const { instances } = await host.client.instances.listInstances({});
    assert.equal(instances.length, 3);
    for (const socket of deaf) socket.destroy();
    await extra.remove();
    assert.ok(grown < 60, `the daemon grew by ${grown.toFixed()} MB`);
  });

  test("1,000 clients that vanish in the midst of a stream leave no descriptor behind", async () => {
    const descriptors = () => readdirSync(`/proc/${host.pid}/fd`).length;
    await host.client.host.getHost({});
    const before = descriptors();
    const sockets: Socket[] = [];
    for (let count = 0; count < 1000; count += 100) {
      const hundred = await Promise.all(Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? follow("running") : watch())));
      await Promise.all(hundred.map((socket) => once(socket, "data")));
      sockets.push(...hundred);
    }
    assert.ok(descriptors() >= 1000, "all of them are connected");
    for (const socket of sockets) socket.destroy();
    assert.ok(await eventually(() => descriptors() <= before + 5, true), `${descriptors()} descriptors, ${before} before`);
  });

  test("calls that are made and reset as fast as can be are cut off, and others are served", async () => {
    const [calls, flood] = [await rawHttp2(host.socketPath), await rawHttp2(host.socketPath)];
    const cutOff = new Promise((resolve) => flood.resume().once("close", resolve)); // the end of a pipe may be an error
    calls.resume().write(rapidResets(1000, getInstance, Buffer.from("\n\x07running", "latin1")));
    // Calls of nothing cost the daemon little: on a slow machine too, it sees them come fast.
    flood.write(rapidResets(40_000, "/nowhere"));
    await host.client.host.getHost({});
    await cutOff;
    calls.destroy();
  });

  test("a stream of a name, a cursor and a start that are none is refused as a call is", async () => {
    for (const body of [
      { name: "running", afterCursor: "AAAA" },
      { name: "running", afterCursor: "x".repeat(10_000) },
      { name: "running", invocationId: "../../etc" },
    ]) {
      const message = Buffer.from(JSON.stringify(body));
      const head = Buffer.alloc(5);
      head.writeUInt32BE(message.length, 1);
      const answer = await post(streamLogs, "application/connect+json", Buffer.concat([head, message]));
      assert.match(answer.body, /INVALID_CURSOR|INVOCATION_NOT_FOUND/, JSON.stringify(body).slice(0, 100));
    }
  });

  function follow(name: string): Promise<Socket> {
    return streaming(streamLogs, Buffer.from(`\n${String.fromCharCode(name.length)}${name}\x18\x01`, "latin1"));
  }

  function watch(): Promise<Socket> {
    return streaming(watchInstances, new Uint8Array());
  }

  /** A stream that nobody has read of yet. */
  async function streaming(path: string, message: Uint8Array): Promise<Socket> {
    const socket = await rawHttp2(host.socketPath);
    socket.write(Buffer.concat([grpcHeaders(1, path), grpcData(1, message, true)]));
    return socket;
  }

  /** A request by hand. */
  async function post(
    path: string,
    type: string,
    body: string | Uint8Array,
    headers: Readonly<Record<string, string>> = {},
    method = "POST",
  ): Promise<{ readonly status: number; readonly body: string }> {
    const call = request({ socketPath: host.socketPath, path, method, headers: { "content-type": type, ...headers } });
    const answered = once(call, "response");
    call.on("error", () => {}).end(body);
    const [response] = await answered;
    return { status: response.statusCode ?? 0, body: await text(response) };
  }
});

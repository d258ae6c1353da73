import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import { type Served, serve } from "./serve.ts";

// What an operator without our client does: any gRPC tool, and reflection.

let served: Served;
before(async () => {
  served = await serve();
});
after(() => served[Symbol.asyncDispose]());

const buf = new URL("../../node_modules/.bin/buf", import.meta.url).pathname;

function curl(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(buf, ["curl", ...args], { timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr }),
    );
  });
}

const get = "/left4me.host.v1.InstanceService/GetInstance";

test("lists the services over a unix socket", async () => {
  const { stdout, stderr } = await curl(
    "--unix-socket",
    served.socketPath,
    "--http2-prior-knowledge",
    "--list-services",
    "http://localhost",
  );
  assert.deepEqual(
    stdout.trim().split("\n").sort(),
    [
      "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection",
      "left4me.host.v1.HostService",
      "left4me.host.v1.InstallationService",
      "left4me.host.v1.InstanceService",
      "left4me.host.v1.LogService",
    ],
    stderr,
  );
});

for (const reflection of ["grpc-v1", "grpc-v1alpha"]) {
  for (const protocol of ["grpc", "grpcweb", "connect"]) {
    test(`calls with ${protocol} and ${reflection} over TCP`, async () => {
      const { stdout, stderr } = await curl(
        "--http2-prior-knowledge",
        "--protocol",
        protocol,
        "--reflect-protocol",
        reflection,
        "-d",
        '{"name":"alpha"}',
        `${served.baseUrl}${get}`,
      );
      assert.equal(JSON.parse(stdout || stderr).instance.uid, "uid-alpha");
    });
  }
}

test("shows the details of an error", async () => {
  const { code, stderr } = await curl(
    "--unix-socket",
    served.socketPath,
    "--http2-prior-knowledge",
    "--protocol",
    "grpc",
    "-d",
    '{"name":"nobody"}',
    `http://localhost${get}`,
  );
  assert.notEqual(code, 0);
  const error = JSON.parse(stderr);
  assert.equal(error.code, "not_found");
  assert.equal(error.details.length, 1);
  assert.match(JSON.stringify(error.details[0]), /google.rpc.ErrorInfo/);
});

test("streams a log", async () => {
  const { stdout, stderr } = await curl(
    "--http2-prior-knowledge",
    "-d",
    '{"name":"alpha"}',
    `${served.baseUrl}/left4me.host.v1.LogService/StreamLogs`,
  );
  assert.match(stdout, /"hello"[\s\S]*"batch"/, stderr);
});

test("HTTP/1.1 with Connect's JSON needs no tool at all", async () => {
  const response = await fetch(`${served.baseUrl}${get}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"name":"alpha"}',
  });
  assert.equal(response.status, 200);
  assert.equal(((await response.json()) as { instance: { uid: string } }).instance.uid, "uid-alpha");
});

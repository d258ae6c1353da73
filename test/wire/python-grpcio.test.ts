import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { eventually } from "./eventually.ts";
import { type Served, serve } from "./serve.ts";

// gRPC's C core, which most languages' clients are made of, and a program that knows the released descriptor only.

const python = "/usr/bin/python3";
const isThere = spawnSync(python, ["-c", "import grpc, google.protobuf"]).status === 0;
const skip = !isThere && "needs Debian's python3-grpcio and python3-protobuf";

const program = fileURLToPath(new URL("python-client.py", import.meta.url));
const descriptor = fileURLToPath(new URL("../repo/fixtures/left4me-host-v1.binpb", import.meta.url));

let served: Served;
before(async () => {
  served = await serve();
});
after(() => served[Symbol.asyncDispose]());

for (const transport of ["unix", "TCP"]) {
  test(`python3-grpcio over ${transport}: unary calls, errors, streams, deadlines, cancellation, uploads`, { skip }, async () => {
    const address = transport === "unix" ? `unix:${served.socketPath}` : `127.0.0.1:${served.port}`;
    const { stdout } = await promisify(execFile)(python, [program, address, descriptor], { timeout: 60_000 });
    assert.deepEqual(JSON.parse(stdout), {
      port: 27016,
      unknown: {
        code: "NOT_FOUND",
        message: 'there is no instance "nobody"; initialize it first',
        trailers: ["grpc-status-details-bin"],
      },
      events: ["hello", "batch"],
      followed: "hello",
      deadline: { code: "DEADLINE_EXCEEDED", message: "Deadline Exceeded", trailers: [] },
      uploaded: true,
    });
    assert.equal(served.host.uploaded, 32 * 65536);
    assert.equal(await eventually(() => served.host.open, 0), 0);
    assert.deepEqual(served.complaints, []);
  });
}

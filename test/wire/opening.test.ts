import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { type Daemon, startDaemon } from "../../src/daemon/daemon.ts";
import { HostError } from "../../src/domain/host-error.ts";
import { ErrorInfoSchema } from "../../src/gen/google/rpc/error_details_pb.ts";
import { Health, HealthCheckResponse_ServingStatus as Status } from "../../src/gen/grpc/health/v1/health_pb.ts";
import { InstanceService } from "../../src/gen/left4me/host/v1/instance_service_pb.ts";
import type { HostApi } from "../../src/host/api.ts";
import { fakeHost } from "./fake-host.ts";

let root = "";
let daemon: Daemon;
let opening: PromiseWithResolvers<HostApi>;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "l4m-opening-"));
  opening = Promise.withResolvers();
  const listen = [{ kind: "tcp", host: "127.0.0.1", port: 0 }] as const;
  daemon = await startDaemon({ root, listen, log: () => {}, openHost: () => opening.promise });
});

afterEach(async () => {
  opening.reject(new Error("the test is over"));
  await daemon.close();
  rmSync(root, { recursive: true });
});

function transport() {
  return createGrpcTransport({ baseUrl: daemon.addresses[0] ?? "" });
}

test("before the host is open, health is NOT_SERVING and calls wait for it", async () => {
  const one = transport();
  const health = createClient(Health, one);
  assert.equal((await health.check({})).status, Status.NOT_SERVING);
  const watch = health.watch({})[Symbol.asyncIterator]();
  assert.equal((await watch.next()).value?.status, Status.NOT_SERVING);
  const list = createClient(InstanceService, one).listInstances({});
  await health.check({}); // behind it on the same connection: by now the call has come
  opening.resolve(fakeHost());
  assert.ok(await list);
  assert.equal((await watch.next()).value?.status, Status.SERVING);
  await daemon.opened;
  assert.equal((await health.check({})).status, Status.SERVING);
});

test("a call waits no longer than its deadline", async () => {
  const list = createClient(InstanceService, transport()).listInstances({}, { timeoutMs: 300 });
  await assert.rejects(list, (error: ConnectError) => error.code === Code.DeadlineExceeded);
});

test("a daemon can be ended before its host is open; calls that wait are told at once", async () => {
  const one = transport();
  const list = createClient(InstanceService, one).listInstances({});
  await createClient(Health, one).check({});
  const closed = daemon.close();
  await assert.rejects(list, (error: unknown) => {
    assert.ok(error instanceof ConnectError);
    return error.findDetails(ErrorInfoSchema)[0]?.reason === "SHUTTING_DOWN";
  });
  await closed;
  assert.equal(daemon.connections, 0);
});

test("what keeps the host from opening is the answer to the calls that wait; then the daemon has closed", async () => {
  const one = transport();
  const list = createClient(InstanceService, one).listInstances({});
  await createClient(Health, one).check({});
  opening.reject(new HostError("DRIVER_UNAVAILABLE", "install util-linux", { metadata: { problem: "no-flock" } }));
  await assert.rejects(list, (error: unknown) => {
    assert.ok(error instanceof ConnectError);
    assert.equal(error.rawMessage, "install util-linux");
    return error.findDetails(ErrorInfoSchema)[0]?.reason === "DRIVER_UNAVAILABLE";
  });
  await assert.rejects(daemon.opened, /install util-linux/);
  assert.equal(daemon.connections, 0);
});

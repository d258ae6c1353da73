import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { startDaemon } from "../../src/daemon/daemon.ts";
import { StartupError } from "../../src/daemon/startup-error.ts";
import { ErrorInfoSchema } from "../../src/gen/google/rpc/error_details_pb.ts";
import { Health, HealthCheckResponse_ServingStatus as Status } from "../../src/gen/grpc/health/v1/health_pb.ts";
import { InstanceService } from "../../src/gen/left4me/host/v1/instance_service_pb.ts";
import { type DaemonProcess, daemonProcess } from "./daemon-process.ts";
import { eventually } from "./eventually.ts";
import { fakeHost } from "./fake-host.ts";
import { serve } from "./serve.ts";

const root = mkdtempSync(join(tmpdir(), "l4m-life-"));
after(() => rmSync(root, { recursive: true, force: true }));

function start(directory: string, path = join(directory, "hostd.sock")) {
  return startDaemon({ root: directory, listen: [{ kind: "unix", path }], log: () => {}, openHost: async () => fakeHost() });
}

async function withProcess(args: readonly string[], use: (daemon: DaemonProcess) => Promise<void>, env: NodeJS.ProcessEnv = {}) {
  const daemon = daemonProcess(args, env);
  try {
    await use(daemon);
  } finally {
    daemon.child.kill("SIGKILL");
    await daemon.ended;
  }
}

test("a drain tells health, ends streams with SHUTTING_DOWN and leaves no socket", async () => {
  const served = await serve();
  const transport = createGrpcTransport({ baseUrl: served.baseUrl });
  const health = createClient(Health, transport).watch({})[Symbol.asyncIterator]();
  assert.equal((await health.next()).value?.status, Status.SERVING);
  const watch = createClient(InstanceService, transport).watchInstances({})[Symbol.asyncIterator]();
  for (let count = 0; count < 4; count += 1) await watch.next();
  const closed = served.daemon.close();
  assert.equal((await health.next()).value?.status, Status.NOT_SERVING);
  for (const stream of [health, watch]) {
    const error = await stream.next().catch((reason: unknown) => reason);
    assert.ok(error instanceof ConnectError);
    assert.equal(error.code, Code.Unavailable);
    assert.equal(error.findDetails(ErrorInfoSchema)[0]?.reason, "SHUTTING_DOWN");
  }
  await closed;
  assert.ok(served.host.closed);
  assert.equal(statSync(served.socketPath, { throwIfNoEntry: false }), undefined);
  assert.equal(served.daemon.connections, 0);
  await served[Symbol.asyncDispose]();
});

test("a client that never ends does not hold the drain for ever", async () => {
  const served = await serve();
  const client = createClient(InstanceService, createConnectTransport({ httpVersion: "1.1", baseUrl: served.baseUrl }));
  const call = client.startInstance({ name: "slow" }).catch((reason: unknown) => reason);
  assert.equal(await eventually(() => served.host.open, 1), 1);
  const began = performance.now();
  await served.daemon.close();
  assert.ok(performance.now() - began < 30_000);
  assert.ok((await call) instanceof ConnectError);
  await served[Symbol.asyncDispose]();
});

test("two daemons never share a root, whatever its path is called", async () => {
  const first = await start(root);
  assert.equal(statSync(join(root, "hostd.sock")).mode & 0o777, 0o660);
  await assert.rejects(start(join(root, "..", root.split("/").at(-1) ?? ""), join(root, "other.sock")), (error: unknown) => {
    return error instanceof StartupError && error.message.includes(`another daemon is running on ${root} (pid ${process.pid})`);
  });
  await first.close();
  await (await start(root)).close();
});

test("who binds abstract sockets, as any user and any game may, keeps no daemon from starting", {
  skip: process.platform !== "linux",
}, async () => {
  const { dev, ino } = statSync(root, { bigint: true });
  const squatter = createServer((socket) => socket.end("1")).listen({ path: `\0left4me-hostd-${dev}-${ino}` });
  await once(squatter, "listening");
  try {
    await (await start(root)).close();
  } finally {
    squatter.close();
  }
});

test("the lock holds across network namespaces, and nobody else can open it", { skip: process.platform !== "linux" }, async () => {
  await withProcess(["--root", root], async (first) => {
    await first.listening;
    assert.equal(statSync(join(root, "hostd.lock")).mode & 0o777, 0o600);
    const fakeDaemon = new URL("fake-daemon.ts", import.meta.url).pathname;
    const other = [fakeDaemon, "--root", root, "--listen", `unix:${join(root, "other.sock")}`];
    const { stderr } = spawnSync("unshare", ["--user", "--map-root-user", "--net", "--", process.execPath, ...other], {
      encoding: "utf8",
      timeout: 30_000,
    });
    assert.match(stderr, new RegExp(`another daemon is running on ${root} \\(pid ${first.child.pid}\\)`));
  });
});

test("a socket that somebody answers is not taken over; one of a dead daemon is", async () => {
  const path = join(root, "taken.sock");
  const other = createServer().listen(path);
  await once(other, "listening");
  await assert.rejects(start(root, path), /another daemon is listening on unix:/);
  other.close();
  const file = join(root, "file.sock");
  writeFileSync(file, "mine");
  await assert.rejects(start(root, file), /no socket lies there/);
});

test("kill -9 leaves nothing that keeps the next daemon from starting", async () => {
  const path = join(root, "hostd.sock");
  await withProcess(["--root", root], async (first) => {
    await first.listening;
    await assert.rejects(start(root), new RegExp(`pid ${first.child.pid}`));
    first.child.kill("SIGKILL");
    await first.ended;
    assert.ok(statSync(path).isSocket(), "the dead daemon's socket is still there");
  });
  await (await start(root)).close();
});

test("SIGTERM ends the process, with streams open", async () => {
  await withProcess(
    ["--listen", "http://127.0.0.1:0", "--log-format", "json", "--log-level", "debug"],
    async (daemon) => {
      await daemon.listening;
      const { stdout } = daemon.output();
      assert.match(stdout, /^left4me-hostd \d+\.\d+\.\d+ listening on unix:\S+hostd\.sock http:\/\/127\.0\.0\.1:\d+\n$/);
      const baseUrl = stdout.trim().split(" ").at(-1) ?? "";
      const client = createClient(InstanceService, createGrpcTransport({ baseUrl }));
      const watch = client.watchInstances({})[Symbol.asyncIterator]();
      for (let count = 0; count < 4; count += 1) await watch.next();
      const next = watch.next().catch((reason: unknown) => reason);
      const began = performance.now();
      daemon.child.kill("SIGTERM");
      assert.equal(await daemon.ended, 0);
      assert.ok(performance.now() - began < 30_000);
      assert.ok((await next) instanceof ConnectError);
      const lines = daemon
        .output()
        .stderr.trim()
        .split("\n")
        .map((line) => JSON.parse(line) as { rpc: string; code: string });
      assert.deepEqual(
        lines.map(({ rpc, code }) => [rpc, code]),
        [["left4me.host.v1.InstanceService/WatchInstances", "Unavailable"]],
      );
    },
    { LEFT4ME_ROOT: root },
  );
});

test("the command line is answered or refused by the process", async () => {
  const [version, wrong] = [daemonProcess(["--version"]), daemonProcess(["--nonsense"])];
  assert.equal(await version.ended, 0);
  assert.match(version.output().stdout, /^\d+\.\d+\.\d+\n$/);
  assert.equal(await wrong.ended, 2);
  assert.match(wrong.output().stderr, /^left4me-hostd: .*--nonsense/);
});

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, it } from "node:test";
import { asHostFailure, Code, ConnectError, createHostClient, followLogs, type HostClient, Readiness } from "../../../src/client/index.ts";
import { createFakeHost } from "../../../src/testing/index.ts";
import { logged, run, until, withFake } from "./with-fake.ts";

/** How a call ends: the reason of its failure, or "ok". */
async function outcome(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => "ok",
    (error: unknown) => asHostFailure(error)?.reason ?? String(error),
  );
}

const listing = (client: HostClient) => client.instances.listInstances({});

describe("failNext", () => {
  it("gives the code, the reason and all details of a real failure", async (t) => {
    const { fake, client } = await withFake(t);
    const violations = [{ field: "spec.port", description: "is taken" }];
    fake.failNext("initializeInstance", { reason: "INVALID_SPEC", message: "no good", metadata: { name: "a" }, violations });
    const error = await client.instances.initializeInstance({ name: "a", spec: { port: 1 } }).catch((caught: unknown) => caught);
    const failure = asHostFailure(error);
    assert.equal((error as ConnectError).code, Code.InvalidArgument);
    assert.deepEqual([failure?.reason, failure?.metadata], ["INVALID_SPEC", { name: "a" }]);
    assert.match(failure?.message ?? "", /no good/);
    assert.deepEqual(
      failure?.violations.map(({ field, description }) => [field, description]),
      [["spec.port", "is taken"]],
    );
  });

  it("fails so many calls of that RPC, in the order given, and streams too", async (t) => {
    const { fake, client } = await withFake(t);
    fake.failNext("listInstances", { reason: "DISK_FULL", times: 2 });
    fake.failNext("listInstances", { reason: "SHUTTING_DOWN" });
    assert.equal(await outcome(client.host.getHost({})), "ok");
    const outcomes: string[] = [];
    for (let count = 0; count < 4; count++) outcomes.push(await outcome(listing(client)));
    assert.deepEqual(outcomes, ["DISK_FULL", "DISK_FULL", "SHUTTING_DOWN", "ok"]);
    fake.failNext("all", { reason: "TOO_MANY_STREAMS", times: Number.POSITIVE_INFINITY });
    const watch = async () => {
      for await (const _ of client.instances.watchInstances({})) return;
    };
    assert.deepEqual([await outcome(watch()), await outcome(listing(client))], ["TOO_MANY_STREAMS", "TOO_MANY_STREAMS"]);
    fake.clearCalls();
    assert.equal(await outcome(listing(client)), "ok");
  });
});

describe("failNext of one instance", () => {
  it("fails calls and streams that name it, and no others", async (t) => {
    const { fake, client } = await withFake(t);
    for (const name of ["a", "b"]) await client.instances.initializeInstance({ name, spec: { port: name === "a" ? 27015 : 27016 } });
    fake.failNext("all", { reason: "DISK_FULL", name: "a", times: Number.POSITIVE_INFINITY });
    const start = (name: string) => outcome(client.instances.startInstance({ name }));
    const read = (name: string) => outcome(logged(client, name));
    assert.deepEqual([await start("b"), await start("a"), await read("b"), await read("a")], ["ok", "DISK_FULL", "ok", "DISK_FULL"]);
    assert.equal(await outcome(listing(client)), "ok");
    fake.clearCalls();
    assert.deepEqual([await start("a"), await read("a")], ["ok", "ok"]);
  });
});

describe("a scripted START_FAILED", () => {
  const failureOf = async (client: HostClient) =>
    asHostFailure(await client.instances.startInstance({ name: "a" }).catch((error: unknown) => error));

  it("has a StartFailure as a real one, also when the script names only the reason", async (t) => {
    const { fake, client } = await withFake(t);
    fake.failNext("startInstance", { reason: "START_FAILED", message: "no map" });
    const plain = await failureOf(client);
    assert.deepEqual(plain?.metadata, { name: "a", exit: "exited with code 1" });
    assert.deepEqual([plain?.startFailure?.step, plain?.startFailure?.exit?.code], ["getting ready", 1]);
    assert.deepEqual(plain?.startFailure?.lastLines, ["no map"]);
  });

  it("ends as the script says", async (t) => {
    const { fake, client } = await withFake(t);
    const startFailure = { step: "exec", signal: "SIGKILL", oom: true, lastLines: ["one", "two"] };
    fake.failNext("startInstance", { reason: "START_FAILED", startFailure });
    const failure = await failureOf(client);
    const { step, exit, lastLines } = failure?.startFailure ?? {};
    assert.deepEqual([step, exit?.signal, exit?.code, exit?.result, lastLines], ["exec", "SIGKILL", undefined, "oom-kill", ["one", "two"]]);
    assert.equal(failure?.metadata["exit"], "killed by SIGKILL (out of memory)");
  });
});

describe("delay", () => {
  it("delays one RPC, and ends with the caller's deadline", async (t) => {
    const { fake, client } = await withFake(t);
    fake.delay("listInstances", 150);
    const begin = performance.now();
    await listing(client);
    assert.ok(performance.now() - begin >= 149);
    fake.delay("listInstances", 60_000);
    const leaving = new AbortController();
    const left = assert.rejects(client.instances.listInstances({}, { signal: leaving.signal }), { code: Code.Canceled });
    await client.host.getHost({});
    // The listing has not ended yet: another RPC is not delayed.
    leaving.abort();
    await left;
    await assert.rejects(
      client.instances.listInstances({}, { timeoutMs: 50 }),
      (error: unknown) => error instanceof ConnectError && error.code === Code.DeadlineExceeded,
    );
    fake.delay("listInstances", 0);
    await listing(client);
  });

  it("is there from the beginning with latencyMs", async (t) => {
    const { client } = await withFake(t, { latencyMs: 100 });
    const begin = performance.now();
    await listing(client);
    assert.ok(performance.now() - begin >= 99);
  });
});

describe("connections", () => {
  it("are dropped, and a followed log goes on without a loss", async (t) => {
    const { fake, client } = await withFake(t);
    await run(client, "a");
    const lines: string[] = [];
    for await (const item of followLogs(client, { name: "a", signal: AbortSignal.timeout(60_000) })) {
      assert.notEqual(item.type, "gap");
      if (item.type !== "entry") continue;
      lines.push(item.entry.message);
      if (item.entry.message === "game is ready") {
        fake.disconnect(100);
        fake.print("a", ["while away", "last"]);
      }
      if (item.entry.message === "last") break;
    }
    assert.deepEqual(lines.slice(-2), ["while away", "last"]);
  });

  it("are refused for a while, then accepted", async (t) => {
    const { fake } = await withFake(t);
    fake.disconnect(60_000);
    const late = createHostClient({ address: fake.address });
    t.after(() => late.close());
    await assert.rejects(listing(late), (error: unknown) => error instanceof ConnectError && error.code === Code.Unavailable);
    fake.disconnect();
    await listing(late);
  });

  it("end with a restart, which games, logs and files outlive", async (t) => {
    const { fake, client } = await withFake(t);
    await run(client, "a", ["sim_write left4dead2/mine.txt x"]);
    const { instance: before } = await client.instances.getInstance({ name: "a" });
    await fake.restart();
    const after = await until(client, "a", ({ status }) => status?.readiness === Readiness.READY);
    assert.equal(after.status?.invocationId, before?.status?.invocationId);
    fake.print("a", "still here");
    const { explanation } = await client.instances.explainInstance({ name: "a" });
    assert.ok(explanation?.written?.files.some(({ path }) => path === "left4dead2/mine.txt"));
  });
});

describe("facts of a game", () => {
  it("readiness is what the script says", async (t) => {
    const { fake, client } = await withFake(t, { readyTimeoutSeconds: 0.2 });
    fake.setReadiness("a", false);
    assert.equal(await outcome(run(client, "a")), "NOT_READY");
    fake.setReadiness("a", true);
    await until(client, "a", ({ status }) => status?.readiness === Readiness.READY);
  });

  it("usage is what the script says, the rest as ever", async (t) => {
    const { fake, client } = await withFake(t);
    fake.setUsage("a", { memoryBytes: 1_000, tasks: 3 });
    await run(client, "a");
    const { status } = await until(client, "a", (instance) => instance.status?.usage?.memoryBytes !== undefined);
    assert.deepEqual([status?.usage?.memoryBytes, status?.usage?.tasks], [1_000n, 3]);
    assert.notEqual(status?.usage?.cpuTime, undefined);
  });
});

it("a fake host that is closed leaves nothing behind", async () => {
  const fake = await createFakeHost();
  const client = createHostClient({ address: fake.address });
  const { host } = await client.host.getHost({});
  assert.ok(existsSync(host?.root ?? ""));
  client.close();
  await fake.close();
  assert.ok(!existsSync(host?.root ?? ""));
});

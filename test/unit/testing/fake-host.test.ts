import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { asHostFailure, DesiredState, InstanceState, Readiness } from "../../../src/client/index.ts";
import { createFakeHost } from "../../../src/testing/index.ts";
import { logged, run, until, withFake } from "./with-fake.ts";

describe("createFakeHost", () => {
  it("says that it is a fake, and what it offers", async (t) => {
    const { client } = await withFake(t);
    const { host } = await client.host.getHost({});
    const { isolation, restartsWithoutDaemon, preserve, archives, installGame } = host?.capabilities ?? {};
    assert.deepEqual(
      [host?.driver, isolation, restartsWithoutDaemon, preserve, archives, installGame],
      ["fake", false, false, true, true, true],
    );
  });

  it("fails starts with the last line when it is told to", async (t) => {
    const { fake, client } = await withFake(t, { startFailure: "Couldn't load map" });
    await client.instances.initializeInstance({ name: "a", spec: { port: 27015 } });
    const failure = asHostFailure(await client.instances.startInstance({ name: "a" }).catch((error: unknown) => error));
    assert.equal(failure?.reason, "START_FAILED");
    assert.deepEqual(failure?.startFailure?.lastLines, ["Couldn't load map"]);
    assert.equal(failure.startFailure.step, "exec", "as every driver says it of a program that does not run");
    fake.behaviour.startFailure = undefined;
    assert.equal((await client.instances.startInstance({ name: "a" })).changed, true);
  });

  it("answers NO_BUILD when it begins without one", async (t) => {
    const { client } = await withFake(t, { withoutBuild: true });
    await client.instances.initializeInstance({ name: "a", spec: { port: 27015 } });
    const failure = asHostFailure(await client.instances.startInstance({ name: "a" }).catch((error: unknown) => error));
    assert.equal(failure?.reason, "NO_BUILD");
    for (const way of ["InstallGame", "ImportBuild", "ActivateBuild"]) assert.match(failure.message, new RegExp(way));
  });

  it("executes the configuration and prints what is scripted", async (t) => {
    const { fake, client } = await withFake(t);
    await run(client, "a", ['hostname "Mine; really"', "hostname", "echo hello // hidden"]);
    fake.print("a", "one");
    fake.print("a", ["two", "three"]);
    const told = new Set(["hello", '"hostname" = "Mine; really"', "one", "two", "three"]);
    assert.deepEqual(
      (await logged(client, "a")).filter((line) => told.has(line)),
      ['"hostname" = "Mine; really"', "hello", "one", "two", "three"],
    );
    assert.throws(() => fake.print("b", "x"), /"b" does not run/);
  });

  it("restarts a game that crashed, and gives up on one that does so again and again", async (t) => {
    const { fake, client } = await withFake(t, { restartMs: 30 });
    await run(client, "a");
    fake.crash("a");
    const again = await until(client, "a", ({ status }) => status?.readiness === Readiness.READY && status.restarts === 1);
    assert.equal(again.status?.lastExit?.signal, "SIGSEGV");
    fake.crash("a", { oom: true, loop: true });
    const { status } = await until(client, "a", (instance) => instance.status?.state === InstanceState.FAILED);
    assert.deepEqual([status?.lastExit?.signal, status?.lastExit?.oom, status?.lastExit?.result], ["SIGKILL", true, "oom-kill"]);
    assert.deepEqual((await logged(client, "a")).slice(-2), [
      "game killed by SIGKILL (out of memory)",
      "not restarting: 5 starts within 120 s",
    ]);
  });

  it("obeys a game that ends by itself", async (t) => {
    const { fake, client } = await withFake(t, { restartMs: 0 });
    await run(client, "a");
    fake.crash("a", { code: 0 });
    const { status, desiredState } = await until(client, "a", (instance) => instance.status?.state === InstanceState.STOPPED);
    assert.deepEqual([status?.lastExit?.code, desiredState], [0, DesiredState.RUNNING]);
  });

  it("keeps archives and preserved files, and gives archives back", async (t) => {
    const { client } = await withFake(t);
    const spec = { port: 27015, preserve: ["left4dead2/kept.txt"] };
    const config = ["sim_write left4dead2/kept.txt k", "sim_write left4dead2/lost.txt l"];
    await client.instances.initializeInstance({ name: "a", spec: { ...spec, config } });
    await client.instances.startInstance({ name: "a" });
    const { archiveId } = await client.instances.resetInstance({ name: "a", archive: true });
    const written = async () => {
      const { explanation } = await client.instances.explainInstance({ name: "a" });
      return explanation?.written?.files.map(({ path }) => path);
    };
    assert.deepEqual(await written(), ["left4dead2/kept.txt"]);
    await client.instances.restoreArchive({ name: "a", archiveId });
    assert.deepEqual(await written(), ["left4dead2/cfg/banned_user.cfg", "left4dead2/kept.txt", "left4dead2/lost.txt"]);
  });
});

it("says when it cannot listen, and may be closed twice", async () => {
  const fake = await createFakeHost();
  await assert.rejects(createFakeHost({ listen: Number(new URL(fake.address).port) }), { code: "EADDRINUSE" });
  await Promise.all([fake.close(), fake.close()]);
});

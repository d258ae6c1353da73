import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { asHostFailure, createHostClient, followLogs, InstanceState } from "../../../src/client/index.ts";
import { createFakeHost } from "../../../src/testing/index.ts";

async function withFake(
  options: Parameters<typeof createFakeHost>[0],
  use: (fake: Awaited<ReturnType<typeof createFakeHost>>, host: ReturnType<typeof createHostClient>) => Promise<void>,
) {
  const fake = await createFakeHost(options);
  const host = createHostClient({ address: fake.address });
  try {
    await use(fake, host);
  } finally {
    host.close();
    await fake.close();
  }
}

describe("createFakeHost", () => {
  it("says that it is a fake and claims nothing", () =>
    withFake({}, async (_, client) => {
      const { host } = await client.host.getHost({});
      assert.equal(host?.driver, "fake");
      assert.equal(host?.capabilities?.isolation, false);
    }));

  it("starts, prints, crashes, and tells why", () =>
    withFake({}, async (fake, client) => {
      await client.instances.initializeInstance({ name: "a", spec: { port: 27015 } });
      await client.instances.startInstance({ name: "a" });
      fake.print("a", "hello");
      fake.crash("a");
      const { instance } = await client.instances.getInstance({ name: "a" });
      assert.equal(instance?.status?.state, InstanceState.FAILED);
      assert.equal(instance?.status?.lastExit?.signal, "SIGSEGV");
      const messages: string[] = [];
      for await (const item of followLogs(client, { name: "a", signal: AbortSignal.timeout(500) }))
        if (item.type === "entry") messages.push(item.entry.message);
      assert.ok(messages.includes("hello"));
      assert.equal(messages.at(-1), "game killed by SIGSEGV");
    }));

  it("fails starts with the last line when it is told to", () =>
    withFake({ startFailure: "Couldn't load map" }, async (fake, client) => {
      await client.instances.initializeInstance({ name: "a", spec: { port: 27015 } });
      const failure = asHostFailure(await client.instances.startInstance({ name: "a" }).catch((error: unknown) => error));
      assert.equal(failure?.reason, "START_FAILED");
      assert.deepEqual(failure?.startFailure?.lastLines, ["Couldn't load map"]);
      fake.behaviour.startFailure = undefined;
      assert.equal((await client.instances.startInstance({ name: "a" })).changed, true);
    }));

  it("answers NO_BUILD when it begins without one", () =>
    withFake({ withoutBuild: true }, async (_, client) => {
      await client.instances.initializeInstance({ name: "a", spec: { port: 27015 } });
      assert.equal(asHostFailure(await client.instances.startInstance({ name: "a" }).catch((error: unknown) => error))?.reason, "NO_BUILD");
    }));
});

import type { TestContext } from "node:test";
import { createHostClient, type HostClient, type Instance } from "../../../src/client/index.ts";
import { createFakeHost, type FakeHost, type FakeHostOptions } from "../../../src/testing/index.ts";

/** A fake host and its client, both closed behind the test. */
export async function withFake(t: TestContext, options: FakeHostOptions = {}): Promise<{ fake: FakeHost; client: HostClient }> {
  const fake = await createFakeHost(options);
  const client = createHostClient({ address: fake.address });
  t.after(async () => {
    client.close();
    await fake.close();
  });
  return { fake, client };
}

/** Starts an instance and waits until its game is ready. */
export async function run(client: HostClient, name: string, config: readonly string[] = []): Promise<void> {
  await client.instances.initializeInstance({ name, spec: { port: 27015, config: [...config] } });
  await client.instances.startInstance({ name });
}

/** Waits until an instance is as wanted. @throws ConnectError after a minute */
export async function until(client: HostClient, name: string, isIt: (instance: Instance) => boolean): Promise<Instance> {
  for await (const { event } of client.instances.watchInstances({}, { signal: AbortSignal.timeout(60_000) })) {
    const instance = event.case === "change" ? event.value.instance : undefined;
    if (instance?.name === name && isIt(instance)) return instance;
  }
  throw new Error("the watch has ended");
}

/** What the log of an instance holds. */
export async function logged(client: HostClient, name: string): Promise<string[]> {
  const messages: string[] = [];
  for await (const { event } of client.logs.streamLogs({ name })) {
    if (event.case === "batch") messages.push(...event.value.entries.map(({ message }) => message));
  }
  return messages;
}

import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { Drift, followLogs, type HostClient, InstanceState, LogGapReason, Severity } from "../../../src/client/index.ts";
import { run, until, withFake } from "./with-fake.ts";

const nameOf = (values: Readonly<Record<string, number>>, value: number) => Object.keys(values).find((name) => values[name] === value);

/** What a follower is told until a line with this text. */
async function followed(client: HostClient, last: string, options: { readonly lines?: number; readonly afterCursor?: string } = {}) {
  const told: { readonly text: string; readonly cursor: string }[] = [];
  for await (const item of followLogs(client, { name: "a", ...options, signal: AbortSignal.timeout(60_000) })) {
    if (item.type === "gap") told.push({ text: `gap ${item.gap.lost} ${nameOf(LogGapReason, item.gap.reason)}`, cursor: item.gap.cursor });
    else told.push({ text: item.entry.message, cursor: item.entry.cursor });
    if (told.at(-1)?.text === last) return told;
  }
  throw new Error(`the log ended before "${last}"`);
}

const texts = (told: readonly { readonly text: string }[]) => told.map(({ text }) => text);

describe("loseLines", () => {
  it("is a gap for who follows, for who reads later, and for who resumes before it", async (t) => {
    const { fake, client } = await withFake(t);
    await run(client, "a");
    fake.print("a", "before");
    const live = followed(client, "after", { lines: 1 });
    const [before] = await followed(client, "before", { lines: 1 });
    fake.loseLines("a", 7);
    fake.print("a", "after");
    const wanted = ["before", "gap 7 TRIMMED", "after"];
    assert.deepEqual(texts(await live), wanted);
    assert.deepEqual(texts(await followed(client, "after")).slice(-3), wanted);
    const resumed = await followed(client, "after", { afterCursor: before?.cursor ?? "" });
    assert.deepEqual(texts(resumed), wanted.slice(1));
    assert.deepEqual(texts(await followed(client, "after", { afterCursor: resumed[0]?.cursor ?? "" })), ["after"], "behind the gap");
  });

  it("of a number that is not known, for another reason; not of what never ran", async (t) => {
    const { fake, client } = await withFake(t);
    await run(client, "a");
    fake.print("a", "before");
    fake.loseLines("a", undefined, "STORAGE_LOST");
    fake.print("a", "after");
    assert.deepEqual(texts(await followed(client, "after")).slice(-3), ["before", "gap undefined STORAGE_LOST", "after"]);
    assert.throws(() => fake.loseLines("b", 1), /"b" has never been started/);
  });
});

async function stopped(t: TestContext) {
  const { fake, client } = await withFake(t);
  await run(client, "a");
  await client.instances.stopInstance({ name: "a" });
  return { fake, client };
}

describe("drift", () => {
  it("a game that is started outside runs although it should not", async (t) => {
    const { fake, client } = await stopped(t);
    await fake.startOutside("a");
    await until(client, "a", ({ status }) => status?.state === InstanceState.RUNNING && status.drift === Drift.STARTED_OUTSIDE);
    await assert.rejects(fake.startOutside("a"), /"a" is active already/);
    await client.instances.stopInstance({ name: "a" });
    await until(client, "a", ({ status }) => status?.state === InstanceState.STOPPED && status.drift === Drift.NONE);
    await assert.rejects(fake.startOutside("b"), /"b" has never been started/);
  });

  it("a game that ends well by itself does not run although it should", async (t) => {
    const { fake, client } = await withFake(t);
    await run(client, "a");
    fake.crash("a", { code: 0 });
    await until(client, "a", ({ status }) => status?.drift === Drift.STOPPED_OUTSIDE);
  });
});

describe("diagnosis", () => {
  it("finds what the script says, the gravest first, and that it is a fake without one", async (t) => {
    const { fake, client } = await withFake(t);
    const found = async () =>
      (await client.host.diagnose({})).findings.map(({ check, severity, cure }) => [check, nameOf(Severity, severity), cure]);
    assert.deepEqual(await found(), [["fake", "OK", ""]]);
    fake.diagnosis([
      { check: "clock", severity: "WARNING", message: "it is 3 s behind", cure: "timedatectl set-ntp true" },
      { check: "disk-space", severity: "ERROR", message: "1 MiB is free", cure: "remove builds" },
    ]);
    assert.deepEqual(await found(), [
      ["disk-space", "ERROR", "remove builds"],
      ["clock", "WARNING", "timedatectl set-ntp true"],
    ]);
    const { host } = await client.host.getHost({});
    assert.ok(host?.capabilities?.diagnose);
  });
});

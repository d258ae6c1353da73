import assert from "node:assert/strict";
import { mkdir, rename } from "node:fs/promises";
import { type TestContext, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { hostLayout } from "../../../../src/domain/host-layout.ts";
import { parseInstanceSpec } from "../../../../src/domain/instance-spec.ts";
import type { HostContext } from "../../../../src/host/host-context.ts";
import type { InstanceEntry } from "../../../../src/host/instances/instance-entry.ts";
import { type InstanceRecord, loadRecord, saveRecord } from "../../../../src/host/instances/instance-record.ts";
import { InstanceRegistry } from "../../../../src/host/instances/instance-registry.ts";
import { underIntent } from "../../../../src/host/life-cycle/change-instance.ts";
import { OperationTable } from "../../../../src/host/life-cycle/operation-table.ts";
import { start } from "../../../../src/host/life-cycle/start-instance.ts";
import { scratch } from "../unpack/scratch.ts";

const operation = { signal: new AbortController().signal, step: () => {} };
const started = { intent: "START", desiredState: "RUNNING" } as const;
const stopped = { intent: "STOP", desiredState: "STOPPED" } as const;

test("a mutation that succeeded, and whose intent the disk keeps: it is ended later, so that the next daemon does not do it again", async (t) => {
  const host = await opened(t);
  await assert.rejects(
    underIntent(host.context, host.entry, started, operation, () => host.loseDisk()),
    { code: "ENOENT" },
  );
  await host.findDisk();
  assert.equal((await host.stored())?.intent, "START");
  await host.later();
  assert.equal(host.entry.record.intent, undefined);
  const { intent, desiredState } = (await host.stored()) ?? assert.fail("no record");
  assert.deepEqual([intent, desiredState], [undefined, "RUNNING"]);
});

test("while somebody holds the instance the end of an intent waits, and is not forgotten", async (t) => {
  const host = await opened(t);
  await assert.rejects(underIntent(host.context, host.entry, started, operation, () => host.loseDisk()));
  await host.findDisk();
  const held = Promise.withResolvers<void>();
  const holding = host.context.operations.run("a", { verb: "INITIALIZE", caller: "test", work: () => held.promise });
  await host.later();
  assert.equal((await host.stored())?.intent, "START");
  held.resolve();
  await holding;
  await host.later();
  assert.equal((await host.stored())?.intent, undefined);
});

test("a start of a game that runs ends what an earlier daemon, or a full disk, has left to be done to it", async (t) => {
  const host = await opened(t);
  await assert.rejects(underIntent(host.context, host.entry, stopped, operation, () => host.loseDisk()));
  await host.findDisk();
  host.entry.runtime = { ...host.entry.runtime, activeState: "active", invocationId: "i" };
  assert.deepEqual(await start(host.context, host.entry, operation), { changed: true, warnings: [], invocationId: "i" });
  for (const look of [async () => host.entry.record, host.stored]) {
    const { intent, desiredState } = (await look()) ?? assert.fail("no record");
    assert.deepEqual([intent, desiredState], [undefined, "RUNNING"]);
  }
  await host.later();
  assert.equal((await host.stored())?.desiredState, "RUNNING", "what was to be written later is not");
});

test("the end of a later mutation takes the place of one that could not be written", async (t) => {
  const host = await opened(t);
  await assert.rejects(underIntent(host.context, host.entry, stopped, operation, () => host.loseDisk()));
  await host.findDisk();
  await underIntent(host.context, host.entry, started, operation, async () => {});
  await host.later();
  assert.equal((await host.stored())?.desiredState, "RUNNING");
});

type Opened = {
  readonly context: HostContext;
  readonly entry: InstanceEntry;
  /** From now on nothing of the instance can be read or written. */
  loseDisk(): Promise<void>;
  findDisk(): Promise<void>;
  /** What the next daemon would read. */
  stored(): Promise<InstanceRecord | undefined>;
  /** Lets the time pass after which a record is tried again. */
  later(): Promise<void>;
};

async function opened(t: TestContext): Promise<Opened> {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const layout = hostLayout(await scratch(t));
  await mkdir(layout.instance("a"), { recursive: true });
  const registry = new InstanceRegistry(0, () => "");
  const operations = new OperationTable(() => {});
  const closing = new AbortController().signal;
  const context = { layout, registry, operations, closing, log: () => {} } as unknown as HostContext;
  const record: InstanceRecord = {
    ...{ schema: 1, uid: "u", name: "a", ...parseInstanceSpec({ port: 27015 }, {}) },
    ...{ desiredState: "STOPPED", generation: 1, createTime: "2026-01-01T00:00:00Z", updateTime: "2026-01-01T00:00:00Z" },
  };
  await saveRecord(layout, record);
  const away = `${layout.instance("a")}-away`;
  return {
    context,
    entry: registry.add(record),
    loseDisk: () => rename(layout.instance("a"), away),
    findDisk: () => rename(away, layout.instance("a")),
    stored: () => loadRecord(layout, "a"),
    later: async () => {
      t.mock.timers.tick(5000);
      // What has been begun, the disk ends when it likes; only `setTimeout` does not run by itself.
      for (const until = performance.now() + 500; performance.now() < until; ) await turn();
    },
  };
}

import assert from "node:assert/strict";
import { test } from "node:test";
import { hostLayout } from "../../../../src/domain/host-layout.ts";
import { parseInstanceSpec } from "../../../../src/domain/instance-spec.ts";
import { neverStarted } from "../../../../src/domain/runtime-status.ts";
import type { HostContext } from "../../../../src/host/host-context.ts";
import type { InstanceRecord } from "../../../../src/host/instances/instance-record.ts";
import { InstanceRegistry } from "../../../../src/host/instances/instance-registry.ts";
import { observeRuntime } from "../../../../src/host/instances/observe-runtime.ts";
import { FakeDriver } from "../../../../src/testing/fake-driver.ts";
import { scratch } from "../unpack/scratch.ts";

for (const [told, change, intended] of [
  ["that it was to be restarted", { intent: "RESTART", endsInvocation: "i" }, true],
  ["that the one before it was to be restarted", { intent: "RESTART", endsInvocation: "h" }, false],
  ["that it was to be stopped", { intent: "STOP" }, true],
  ["that it was to be started", { intent: "START" }, false],
  ["nothing", {}, false],
] as const) {
  test(`the end of a game that a new daemon finds was ${intended ? "" : "not "}asked for when its record says ${told}`, async (t) => {
    const registry = new InstanceRegistry(0, () => "");
    const record: InstanceRecord = {
      ...{ schema: 1, uid: "u", name: "a", ...parseInstanceSpec({ port: 27015 }, {}) },
      ...{ desiredState: "RUNNING", generation: 1, createTime: "2026-01-01T00:00:00Z", updateTime: "2026-01-01T00:00:00Z" },
      ...change,
    };
    const entry = registry.add(record);
    const { signal } = new AbortController();
    const context = { ...{ layout: hostLayout(await scratch(t)), registry, closing: signal, log: () => {} }, driver: new FakeDriver() };
    const exit = { invocationId: "i", signal: "SIGSEGV", exitTime: new Date(), result: "signal" };
    const status = { ...neverStarted(new Date()), activeState: "failed", invocationId: "i", exit } as const;
    observeRuntime(context as unknown as HostContext, "a", status, true);
    assert.equal(entry.lastExit?.intended, intended);
  });
}

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { test } from "node:test";
import { hostLayout } from "../../../../src/domain/host-layout.ts";
import { neverStarted } from "../../../../src/domain/runtime-status.ts";
import type { HostContext } from "../../../../src/host/host-context.ts";
import type { InstanceEntry } from "../../../../src/host/instances/instance-entry.ts";
import { watchReadiness } from "../../../../src/host/instances/readiness.ts";
import { scratch } from "../unpack/scratch.ts";

test("two looks at one invocation, one of the daemon that takes it up and one of its start, tell READY once", async (t) => {
  const layout = hostLayout(await scratch(t));
  await mkdir(layout.instance("a"), { recursive: true });
  const told: string[] = [];
  const context = {
    ...{ layout, closing: new AbortController().signal, probe: async () => true, log: () => {} },
    driver: { recordEvent: (_: unknown, event: string) => told.push(event) },
    registry: { touch: () => {}, find: () => undefined },
  };
  const entry = {
    record: { name: "a", uid: "u", spec: { port: 27015 } },
    runtime: { ...neverStarted(new Date()), activeState: "active", invocationId: "i" },
    ready: false,
  } as unknown as InstanceEntry;
  const look = () => watchReadiness(context as unknown as HostContext, entry);
  await Promise.all([look(), look()]);
  assert.deepEqual([told, entry.ready], [["READY"], true]);
});

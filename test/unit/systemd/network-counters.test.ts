import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { NetworkCounters } from "../../../src/drivers/systemd/network-counters.ts";

/** PID 1 that counts as it is told to. */
function pid1(counts: Record<string, unknown>) {
  const asked: string[] = [];
  return {
    asked,
    get: async (unit: string, iface: string, property: string) => {
      asked.push(`${unit} ${iface} ${property}`);
      const count = counts[property];
      if (count instanceof Error) throw count;
      return count;
    },
  };
}

test("what PID 1 counts is known soon after the first question, and asked anew after ten seconds", async () => {
  let time = 0;
  const counts: Record<string, unknown> = { IPIngressBytes: 10n, IPEgressBytes: 20n };
  const manager = pid1(counts);
  const counters = new NetworkCounters(
    () => manager,
    () => time,
  );
  assert.deepEqual([counters.of("a", "one"), counters.of("a", "one")], [{}, {}]);
  await turn();
  const unit = "left4me-server@a.service Service";
  assert.deepEqual(manager.asked, [`${unit} IPIngressBytes`, `${unit} IPEgressBytes`]);
  counts["IPIngressBytes"] = 11n;
  time = 9999;
  assert.deepEqual(counters.of("a", "one"), { receiveBytes: 10, transmitBytes: 20 });
  await turn();
  assert.equal(manager.asked.length, 2);
  time = 10_000;
  counters.of("a", "one");
  await turn();
  assert.deepEqual(counters.of("a", "one"), { receiveBytes: 11, transmitBytes: 20 });
});

test("a new invocation has counters of its own", async () => {
  const counters = new NetworkCounters(() => pid1({ IPIngressBytes: 1n, IPEgressBytes: 2n }));
  counters.of("a", "one");
  await turn();
  assert.deepEqual(counters.of("a", "two"), {});
  await turn();
  assert.deepEqual(counters.of("a", "two"), { receiveBytes: 1, transmitBytes: 2 });
  counters.forget("a");
  assert.deepEqual(counters.of("a", "two"), {});
});

test("what is not counted, or cannot be asked, stays unknown, and the next question asks again", async () => {
  const counts: Record<string, unknown> = { IPIngressBytes: 2n ** 64n - 1n, IPEgressBytes: 3n };
  const manager = pid1(counts);
  let connected = false;
  const counters = new NetworkCounters(() => {
    if (!connected) throw new Error("the bus is away");
    return manager;
  });
  counters.of("a", "one");
  await turn();
  assert.deepEqual(counters.of("a", "one"), {});
  connected = true;
  await turn();
  counters.of("a", "one");
  await turn();
  assert.deepEqual(counters.of("a", "one"), { transmitBytes: 3 });
});

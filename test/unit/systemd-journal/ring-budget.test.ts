import assert from "node:assert/strict";
import { test } from "node:test";
import { EntryRing, type RingItem } from "../../../src/drivers/systemd/journal/feed/entry-ring.ts";
import { logBeginning } from "../../../src/drivers/systemd/journal/feed/log-position.ts";
import { RingBudget } from "../../../src/drivers/systemd/journal/feed/ring-budget.ts";

const kib = 1024;
const limits = { items: 8192, bytes: 8 * kib * kib };
const roomy = { items: 1e9, bytes: 1e9 };

function itemOf(number: number, bytes: number): RingItem {
  const position = { ...logBeginning, event: number };
  const rest = { timeEstimated: false, invocationId: "", partial: false };
  return { position, entry: { ...rest, position: String(number), time: new Date(number), message: "x".repeat(bytes) } };
}

const sum = (rings: readonly EntryRing[]) => rings.reduce((bytes, ring) => bytes + ring.bytes, 0);

test("all rings together keep what the budget allows; the largest gives way", () => {
  const budget = new RingBudget(1024 * kib);
  const rings = Array.from({ length: 20 }, () => new EntryRing(logBeginning, roomy, budget));
  const [flooded, ...quiet] = rings;
  for (let number = 1; number <= 10_000; number += 1) {
    flooded?.push(itemOf(number, kib));
    if (number <= 20) for (const ring of quiet) ring.push(itemOf(number, kib));
    assert.ok(sum(rings) <= 1024 * kib, `${sum(rings)} bytes after ${number}`);
  }
  assert.ok(quiet.every(({ first, end }) => first === 0 && end === 20));
  assert.ok(sum(rings) > 900 * kib, `${sum(rings)} bytes are kept`);
  assert.equal(flooded?.end, 10_000);
  assert.equal(flooded.before.event, flooded.first);
  assert.equal(flooded.at(flooded.first)?.position.event, flooded.first + 1);
});

test("rings of one size shrink alike", () => {
  const budget = new RingBudget(1024 * kib);
  const rings = Array.from({ length: 8 }, () => new EntryRing(logBeginning, limits, budget));
  for (let number = 1; number <= 2000; number += 1) for (const ring of rings) ring.push(itemOf(number, kib));
  assert.ok(
    rings.every(({ bytes }) => bytes > 64 * kib && bytes < 192 * kib),
    `${rings.map(({ bytes }) => bytes)}`,
  );
});

test("what a ring drops by itself, gets in front, or takes along is counted", () => {
  const budget = new RingBudget(100 * kib);
  const [small, other] = [new EntryRing(logBeginning, limits, budget), new EntryRing(logBeginning, limits, budget)];
  const upTo = small.before;
  assert.ok(small.prepend([itemOf(1, 30 * kib), itemOf(2, 30 * kib)], logBeginning, upTo));
  small.limit({ items: 1, bytes: 1e9 });
  for (let number = 1; number <= 2; number += 1) other.push(itemOf(number, 30 * kib));
  assert.deepEqual([small.end - small.first, other.end - other.first], [1, 2]);
  small.leaveBudget();
  small.leaveBudget();
  other.push(itemOf(3, 30 * kib));
  assert.deepEqual([small.end - small.first, other.end - other.first], [1, 3]);
  other.push(itemOf(4, 30 * kib));
  assert.ok(other.bytes <= 100 * kib);
});

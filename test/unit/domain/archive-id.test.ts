import assert from "node:assert/strict";
import { test } from "node:test";
import { archiveIdPattern, archiveTime, newArchiveId } from "../../../src/domain/archive-id.ts";

test("an id is the time, to the millisecond", () => {
  const now = new Date("2026-11-29T10:15:00.103Z");
  const id = newArchiveId(now);
  assert.match(id, /^20261129T101500Z-1a[0-9a-f]{2}$/);
  assert.match(id, archiveIdPattern);
  for (const ms of [0, 1, 499, 500, 999]) {
    const time = new Date(now.getTime() + ms);
    assert.ok(Math.abs(archiveTime(newArchiveId(time)).getTime() - time.getTime()) <= 1);
  }
});

test("a new id stands behind the newest one, also when the clock was set back", () => {
  const first = newArchiveId(new Date("2026-12-31T23:59:59.999Z"));
  let last = first;
  for (let count = 0; count < 200; count += 1) {
    const next = newArchiveId(new Date("2020-01-01T00:00:00Z"), last);
    assert.ok(next > last && archiveIdPattern.test(next), `${last} ${next}`);
    last = next;
  }
  assert.match(last, /^20270101T000000Z-00[0-9a-f]{2}$/, "it has passed the end of the year");
});

test("what has the form only is none", () => {
  for (const text of ["", "20261329T101500Z-1a2b", "20261129T101500Z-1A2B", "../20261129T101500Z-1a2b", "20261129T101500Z-1a2b\n"])
    assert.throws(() => archiveTime(text), RangeError, text);
});

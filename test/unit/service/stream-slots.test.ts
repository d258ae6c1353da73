import assert from "node:assert/strict";
import { test } from "node:test";
import { HostError } from "../../../src/domain/host-error.ts";
import { countedStream } from "../../../src/service/counted-stream.ts";
import { StreamSlots } from "../../../src/service/stream-slots.ts";

test("a slot is given back once, by whoever comes first", () => {
  const slots = new StreamSlots(2);
  const controller = new AbortController();
  const slot = slots.acquire(controller.signal);
  slots.acquire(new AbortController().signal);
  assert.throws(
    () => slots.acquire(controller.signal),
    (error: unknown) => error instanceof HostError && error.reason === "TOO_MANY_STREAMS" && error.metadata["limit"] === "2",
  );
  controller.abort();
  slot.release();
  assert.equal(slots.used, 1);
  slots.acquire(AbortSignal.abort());
  assert.equal(slots.used, 1);
});

test("a stream whose consumer stays away gives its slot back when the signal aborts", async () => {
  const slots = new StreamSlots(1);
  const controller = new AbortController();
  async function* events() {
    yield 1;
    yield 2;
  }
  const stream = countedStream(slots, controller.signal, events, (event) => event * 10);
  assert.equal((await stream.next()).value, 10);
  assert.equal(slots.used, 1);
  controller.abort(new Error("gone"));
  assert.equal(slots.used, 0);
  assert.equal((await stream.next()).value, 20);
  await assert.rejects(stream.next(), /gone/);
  assert.equal(slots.used, 0);
});

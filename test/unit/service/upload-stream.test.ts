import assert from "node:assert/strict";
import { test } from "node:test";
import { HostError } from "../../../src/domain/host-error.ts";
import { uploadOf, uploadStream } from "../../../src/service/upload-stream.ts";

type Part = { case: "header"; value: { ref: string } } | { case: "chunk"; value: Uint8Array } | { case: undefined };

const header: Part = { case: "header", value: { ref: "maps" } };
const chunk = (length: number): Part => ({ case: "chunk", value: new Uint8Array(length) });

async function* messages(...parts: Part[]) {
  for (const part of parts) yield { part };
}

async function bytesOf(parts: Part[], signal = new AbortController().signal): Promise<number> {
  let bytes = 0;
  for await (const { length } of (await uploadStream(messages(...parts), signal)).chunks) bytes += length;
  return bytes;
}

const aboutField = (field: string) => (error: unknown) =>
  error instanceof HostError && error.reason === "INVALID_REQUEST" && error.metadata["field"] === field;

test("the header comes first, the bytes behind it", async () => {
  assert.deepEqual((await uploadStream(messages(header), new AbortController().signal)).header, { ref: "maps" });
  assert.equal(await bytesOf([header, chunk(3), chunk(0), chunk(1024 * 1024)]), 1024 * 1024 + 3);
});

test("anything else is INVALID_REQUEST", async () => {
  await assert.rejects(bytesOf([]), aboutField("header"));
  await assert.rejects(bytesOf([chunk(1)]), aboutField("header"));
  await assert.rejects(bytesOf([header, header]), aboutField("chunk"));
  await assert.rejects(bytesOf([header, { case: undefined }]), aboutField("chunk"));
  await assert.rejects(bytesOf([header, chunk(1024 * 1024 + 1)]), aboutField("chunk"));
  const chunks: AsyncIterable<Uint8Array> = (async function* () {})();
  assert.throws(() => uploadOf({ format: 99, sha256: "" }, chunks), aboutField("header.format"));
  assert.throws(() => uploadOf({ format: 0, sha256: "A".repeat(64) }, chunks), aboutField("header.sha256"));
  assert.deepEqual(uploadOf({ format: 0, sha256: "" }, chunks), { format: "AUTO", chunks });
  const announced = { sizeBytes: 0, sha256: "a".repeat(64) };
  assert.deepEqual(uploadOf({ format: 1, ...announced, sizeBytes: 0n }, chunks), { format: "TAR", chunks, ...announced });
});

test("an end that a cancellation follows is no end", async () => {
  const controller = new AbortController();
  const upload = bytesOf([header, chunk(5)], controller.signal);
  setImmediate(() => controller.abort(new Error("cancelled")));
  await assert.rejects(upload, /cancelled/);
});

import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import type { UploadFormat } from "../api.ts";
import { errorCode } from "../files/disk-full.ts";
import { detectPacking, magicLength, type Packing } from "./archive-format.ts";
import { type ArchiveLimits, ratioAppliesAbove, uploadTooLarge } from "./archive-limits.ts";
import { refuseArchive } from "./archive-refused.ts";
import { zstdFrames } from "./zstd-frames.ts";

/**
 * Yields the bytes of the tar archive inside an upload, unpacking as they come, never more than a few chunks ahead.
 *
 * @throws HostError UPLOAD_REFUSED when the packing is unknown, damaged or cut off; UPLOAD_TOO_LARGE; what `upload` throws
 */
export async function* unpackedBytes(
  upload: AsyncIterable<Uint8Array>,
  format: UploadFormat,
  limits: ArchiveLimits,
): AsyncGenerator<Buffer> {
  let packed = 0;
  let unpacked = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of upload) {
      packed += chunk.length;
      yield chunk;
    }
  }
  const { head, chunks } = await peek(counted());
  const packing = format === "AUTO" ? detectPacking(head.subarray(0, magicLength)) : format;
  for await (const block of unpack(chunks, packing)) {
    unpacked += block.length;
    if (unpacked > limits.bytes) throw uploadTooLarge("bytes", limits.bytes);
    if (unpacked > ratioAppliesAbove && unpacked > packed * limits.ratio) throw uploadTooLarge("ratio", limits.ratio);
    yield Buffer.from(block.buffer, block.byteOffset, block.length);
  }
}

const chunkSize = 128 * 1024;

function unpack(chunks: AsyncIterable<Uint8Array>, packing: Packing): AsyncIterable<Uint8Array> {
  switch (packing) {
    case "TAR":
      return chunks;
    case "TAR_GZIP":
      return explained(gzipMembers(chunks), "gzip");
    case "TAR_ZSTD":
      return explained(zstdFrames(chunks, chunkSize), "zstd");
  }
}

/** Node's decoder goes on with the next member by itself; what is none it passes over, or not, as the chunks happen to be cut. */
async function* gzipMembers(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let fed = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      fed += chunk.length;
      yield chunk;
    }
  }
  const decoder = createGunzip({ chunkSize });
  const feeding = pipeline(counted(), decoder);
  feeding.catch(() => {}); // mostly it also ends the iteration, which reports it
  yield* decoder as AsyncIterable<Uint8Array>;
  // A decoder may end before the upload does: what comes behind, and what the upload says at its end, counts too.
  await feeding;
  if (decoder.bytesWritten < fed) throw refuseArchive(behindTheEnd);
}

const behindTheEnd = "has bytes behind the end of its compressed data";

async function* explained(blocks: AsyncIterable<Uint8Array>, packing: "gzip" | "zstd"): AsyncGenerator<Uint8Array> {
  try {
    yield* blocks;
  } catch (error) {
    const code = errorCode(error) ?? "";
    if (code === "ERR_STREAM_PREMATURE_CLOSE") throw refuseArchive(behindTheEnd, error);
    if (code === "Z_BUF_ERROR") throw refuseArchive("is cut off: its compressed data ends early", error);
    if (!/^(Z_|ZSTD_|ERR_ZSTD)/.test(code)) throw error;
    throw refuseArchive(`cannot be unpacked as ${packing}: ${(error as Error).message}`, error);
  }
}

/** Reads the first bytes without taking them away. */
async function peek(chunks: AsyncIterable<Uint8Array>): Promise<{ head: Uint8Array; chunks: AsyncIterable<Uint8Array> }> {
  const iterator = chunks[Symbol.asyncIterator]();
  let head: Uint8Array = new Uint8Array();
  while (head.length < magicLength) {
    const next = await iterator.next();
    if (next.done === true) break;
    head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
  }
  return { head, chunks: resume(head, iterator) };
}

async function* resume(head: Uint8Array, iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    if (head.length > 0) yield head;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
      if (next.value.length > 0) yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}

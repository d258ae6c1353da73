import assert from "node:assert/strict";
import { gzipSync, zstdCompressSync } from "node:zlib";
import type { UploadFormat } from "../../../../src/host/api.ts";
import { defaultArchiveLimits } from "../../../../src/host/unpack/archive-limits.ts";
import { unpackedBytes } from "../../../../src/host/unpack/unpacked-bytes.ts";
import { ByteSource } from "../byte-source.ts";
import { cutAnywhere } from "../cut-anywhere.ts";
import type { FuzzTarget, Verdict } from "../fuzz-target.ts";
import { refusedOrLater } from "../refused-or.ts";

const limits = { ...defaultArchiveLimits, bytes: 100_000 };
const text = Buffer.from("some text, some more text, and some text again\n".repeat(20));

/** What arrives as tar, gzip or zstd and may be neither. */
export const target: FuzzTarget = {
  property: "UPLOAD_REFUSED or UPLOAD_TOO_LARGE, or the same bytes, within the limit, however the upload is cut",
  largestBytes: 2048,
  covers: ["/src/host/unpack/"],
  seeds: [
    ...[text, gzipSync(text), zstdCompressSync(text), gzipSync(Buffer.alloc(200_000)), zstdCompressSync(Buffer.alloc(200_000))],
    ...["PK\x03\x04", "BZh91AY", "Rar!\x1a\x07"],
  ].map((bytes) => Buffer.concat([Buffer.from([0, 2, 100, 200]), Buffer.from(bytes)])),
  words: [
    Buffer.from([0x1f, 0x8b, 8]),
    Buffer.from([0x28, 0xb5, 0x2f, 0xfd]),
    Buffer.from([0x50, 0x2a, 0x4d, 0x18]),
    "PK",
    Buffer.alloc(8),
  ],
  async check(input): Promise<Verdict> {
    const choices = new ByteSource(input);
    const format = choices.pick<UploadFormat>(["AUTO", "AUTO", "AUTO", "TAR", "TAR_GZIP", "TAR_ZSTD"]);
    const cuts = choices.bytes(20);
    const bytes = choices.rest();
    const whole = await unpack([bytes], format);
    const cut = await unpack(cutAnywhere(bytes, new ByteSource(cuts)), format);
    assert.equal(cut === undefined, whole === undefined, "cut elsewhere it is judged differently");
    if (whole === undefined || cut === undefined) return "refused";
    assert.ok(cut.equals(whole));
    return "taken";
  },
};

async function unpack(chunks: readonly Buffer[], format: UploadFormat): Promise<Buffer | undefined> {
  async function* upload() {
    yield* chunks;
  }
  return await refusedOrLater(["UPLOAD_REFUSED", "UPLOAD_TOO_LARGE"], async () => {
    const pieces: Buffer[] = [];
    for await (const piece of unpackedBytes(upload(), format, limits)) pieces.push(Buffer.from(piece));
    const all = Buffer.concat(pieces);
    assert.ok(all.length <= limits.bytes);
    return all;
  });
}

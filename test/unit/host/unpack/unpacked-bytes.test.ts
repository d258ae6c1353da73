import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { defaultArchiveLimits } from "../../../../src/host/unpack/archive-limits.ts";
import { unpackedBytes } from "../../../../src/host/unpack/unpacked-bytes.ts";
import { hostError } from "./scratch.ts";
import { tarOf } from "./tar.ts";

const first = Buffer.from("the first part, ".repeat(50));
const second = Buffer.from("and the second one".repeat(50));

/** The bytes as one piece, as two, and one by one. */
function cuts(bytes: Buffer, at: number): Buffer[][] {
  return [[bytes], [bytes.subarray(0, at), bytes.subarray(at)], [...bytes].map((byte) => Buffer.from([byte]))];
}

async function unpacked(chunks: readonly Buffer[]): Promise<string> {
  async function* upload() {
    yield* chunks;
  }
  const pieces: Buffer[] = [];
  for await (const piece of unpackedBytes(upload(), "AUTO", defaultArchiveLimits)) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces).toString();
}

test("several frames or members one behind the other are all unpacked, however they are cut", async () => {
  for (const pack of [gzipSync, zstdCompressSync]) {
    const parts = [pack(first), pack(second), pack(Buffer.alloc(0)), pack(first)];
    for (const chunks of cuts(Buffer.concat(parts), parts[0]?.length ?? 0))
      assert.equal(await unpacked(chunks), `${first}${second}${first}`, `${pack.name} in ${chunks.length} pieces`);
  }
});

test("bytes behind the compressed data are refused, however they are cut", async () => {
  for (const pack of [gzipSync, zstdCompressSync]) {
    for (const tail of [Buffer.alloc(300), Buffer.from("rubbish"), pack(second).subarray(0, 12)]) {
      const whole = pack(first);
      for (const chunks of cuts(Buffer.concat([whole, tail]), whole.length))
        await assert.rejects(
          unpacked(chunks),
          hostError("UPLOAD_REFUSED"),
          `${pack.name}, ${tail.toString("latin1")}, ${chunks.length} pieces`,
        );
    }
  }
});

test("frames without number are refused before they cost a minute", async () => {
  const empty = zstdCompressSync(Buffer.alloc(0));
  const many = Buffer.concat(Array.from({ length: 17_000 }, () => empty));
  await assert.rejects(unpacked([many]), hostError("UPLOAD_REFUSED", /zstd frames/));
});

test("what the upload fails with is told, also within a frame", async () => {
  const failure = new Error("the caller is gone");
  async function* upload() {
    yield zstdCompressSync(first).subarray(0, 10);
    throw failure;
  }
  await assert.rejects(async () => {
    for await (const _ of unpackedBytes(upload(), "AUTO", defaultArchiveLimits));
  }, failure);
});

test("a tar archive whose first name begins like another format is one, however it is cut", async () => {
  for (const name of ["PKmaps/a.vpk", "BZhbot.cfg", "Rar!Rar!"]) {
    const tar = tarOf({ name, content: "x" });
    for (const chunks of cuts(tar, 6)) assert.equal(await unpacked(chunks), tar.toString(), `${name} in ${chunks.length} pieces`);
  }
});

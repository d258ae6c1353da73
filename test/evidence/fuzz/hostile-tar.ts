import { gzipSync, zstdCompressSync } from "node:zlib";
import { entryBytes, type RawEntry } from "../../unit/host/unpack/tar.ts";
import type { ByteSource } from "./byte-source.ts";

const names = ["a", "b", "a/b", "a/b/c", "./a", "a/", "./", "..", "../outside/x", "a/../b", "/tmp/x", "canary", "../canary", "b/x", ""];
const targets = ["a", "b", "..", "../..", "../canary", "/etc/passwd", "b/..", "./a/b", ".", "a//b", "", "../a", "../../outside"];
const types = ["0", "0", "0", "5", "5", "2", "2", "1", "1", "7", "3", "4", "6", "L", "K", "x", "g", "S", "V", "\0", "D"];
const paxKeys = ["path", "linkpath", "size", "GNU.sparse.major", "mtime", "uid", "SCHILY.xattr.user.x", "hdrcharset"];

/** A tar archive whose entries the input chooses: valid headers around names, links and sizes that are not to be trusted. */
export function hostileTar(choices: ByteSource): Buffer {
  const entries: Buffer[] = [];
  while (!choices.isEmpty && entries.length < 24) entries.push(entryBytes(entryOf(choices)));
  const zeros = choices.byte() % 8 === 7 ? choices.word() % 1024 : 1024;
  return Buffer.concat([...entries, Buffer.alloc(zeros)]);
}

function entryOf(choices: ByteSource): RawEntry {
  const kind = choices.byte();
  const type = types[kind % types.length] ?? "0";
  const name = choices.byte() % 3 === 0 ? choices.bytes(100) : choices.pick(names);
  const hasContent = type === "0" || type === "7" || choices.byte() > 230;
  return {
    name,
    type,
    mode: choices.word(),
    ...(hasContent ? { content: contentOf(choices) } : {}),
    ...(choices.byte() > 245 ? { size: choices.pick([0, 1, 511, 512, 513, 2 ** 32, 8 ** 11 - 1]) } : {}),
    link: choices.byte() % 3 === 0 ? choices.text(100) : choices.pick(targets),
    ...(kind > 200
      ? { pax: { [choices.pick(paxKeys)]: choices.byte() % 2 === 0 ? choices.text(200) : choices.pick([...names, ...targets]) } }
      : {}),
  };
}

function contentOf(choices: ByteSource): Buffer {
  const content = choices.bytes(60);
  return choices.byte() > 250 && content.length > 0 ? Buffer.alloc(300_000, content) : content;
}

/** The bytes plain, as gzip, or as zstd; now and then damaged behind that. */
export function packed(bytes: Buffer, choices: ByteSource): Buffer {
  const how = choices.byte();
  const whole = how % 3 === 1 ? gzipSync(bytes, { level: 1 }) : how % 3 === 2 ? zstdCompressSync(bytes) : bytes;
  if (how < 200) return whole;
  const copy = Buffer.from(whole);
  const at = choices.word() % (copy.length + 1);
  if (how % 2 === 0) return copy.subarray(0, at);
  if (at < copy.length) copy[at] = (copy[at] ?? 0) ^ (1 + (choices.byte() % 255));
  return copy;
}

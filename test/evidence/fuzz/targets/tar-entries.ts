import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { tarEntries } from "../../../../src/host/unpack/tar-entries.ts";
import { tarOf } from "../../../unit/host/unpack/tar.ts";
import { ByteSource } from "../byte-source.ts";
import { collect } from "../collect.ts";
import { cutAnywhere } from "../cut-anywhere.ts";
import type { FuzzTarget, Verdict } from "../fuzz-target.ts";
import { hostileTar } from "../hostile-tar.ts";
import { refusedOrLater } from "../refused-or.ts";

const archive = tarOf({ name: "a/", type: "5" }, { name: "a/b", content: "text" }, { name: "l", type: "2", link: "a/b" });

/** The tar format itself: headers, pax records, long names, and what is behind them. */
export const target: FuzzTarget = {
  property: "UPLOAD_REFUSED, or the same entries, each with exactly its bytes, however the archive is cut",
  largestBytes: 4096,
  covers: ["/src/host/unpack/", "/node_modules/tar-stream/"],
  seeds: [
    Buffer.concat([Buffer.from([0, 3, 10, 10, 200, 200]), archive]),
    Buffer.from([1, 2, 9, 9, 0, 1, 0, 1, 0x81, 0xa4, 3, 97, 98, 99, 0, 0, 1, 1, 3, 1, 2, 0, 1, 255, 0, 0, 5, 1, 2, 0, 1, 1, 1, 1]),
  ],
  words: [
    "ustar\x0000",
    "ustar  \0",
    "path=",
    "size=",
    "27 path=a/very/long/name/x\n",
    "././@LongLink",
    Buffer.alloc(512),
    Buffer.from([0x80, 0, 0, 0]),
    "7777777",
  ],
  async check(input): Promise<Verdict> {
    const choices = new ByteSource(input);
    const isRaw = choices.byte() % 2 === 0;
    const cuts = choices.bytes(20);
    const bytes = isRaw ? choices.rest() : hostileTar(choices);
    const whole = await read([bytes]);
    const cut = await read(cutAnywhere(bytes, new ByteSource(cuts)));
    assert.deepEqual(cut, whole, "cut elsewhere it reads differently");
    return whole === undefined || whole.length === 0 ? "refused" : "taken";
  },
};

async function read(chunks: readonly Buffer[]): Promise<unknown[] | undefined> {
  async function* upload() {
    for (const chunk of chunks) if (chunk.length > 0) yield chunk;
  }
  return await refusedOrLater(["UPLOAD_REFUSED"], async () => {
    const entries: unknown[] = [];
    for await (const { name, type, mode, sizeBytes, linkName, content } of tarEntries(upload())) {
      const bytes = Buffer.concat(await collect(content));
      assert.equal(bytes.length, sizeBytes);
      entries.push([name, type, mode, linkName, sizeBytes, hash("sha256", bytes)]);
    }
    return entries;
  });
}

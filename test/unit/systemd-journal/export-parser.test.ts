import assert from "node:assert/strict";
import { isUtf8 } from "node:buffer";
import { test } from "node:test";
import fc from "fast-check";
import { ExportParser } from "../../../src/drivers/systemd/journal/source/export-parser.ts";
import type { JournalLine } from "../../../src/drivers/systemd/journal/source/journal-line.ts";
import { cursorText, type ExportedEntry, exportText } from "./export-text.ts";

const entry = fc.record({
  sequence: fc.integer({ min: 1, max: 2 ** 40 }),
  time: fc.integer({ min: 1, max: 2 ** 50 }),
  unit: fc.constantFrom("left4me-server@a.service", "left4me-server@b.service", "systemd-journald@left4me.service"),
  message: fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.string({ unit: "binary", maxLength: 100 }).map((text) => Uint8Array.from(Buffer.from(text))),
    fc.integer({ min: 0, max: 70_000 }).map((length) => new Uint8Array(length).fill(120)),
    fc.constant(Uint8Array.from(Buffer.from("MESSAGE=x\n__CURSOR=y\n\n"))),
  ),
  invocationId: fc.option(fc.stringMatching(/^[0-9a-f]{32}$/), { nil: undefined }),
  lineBreak: fc.option(fc.constantFrom("line-max", "eof", "nul"), { nil: undefined }),
}) as fc.Arbitrary<ExportedEntry>;

function parse(chunks: readonly Buffer[]): { unit: string; line: JournalLine }[] {
  const parsed: { unit: string; line: JournalLine }[] = [];
  const parser = new ExportParser((_cursor, unit, line) => parsed.push({ unit, line: line() }));
  for (const chunk of chunks) {
    parser.push(chunk);
    chunk.fill(0xaa); // what was told must not lean on the chunk
  }
  return parsed;
}

function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.map((share) => Math.floor(share * bytes.length)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, index) => Buffer.from(bytes.subarray(places[index], end)));
}

test("parses whatever it is given, cut anywhere", () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 12 }), fc.array(share, { maxLength: 30 }), (entries, cuts) => {
      const parsed = parse(cut(Buffer.concat(entries.map(exportText)), cuts));
      assert.equal(parsed.length, entries.length);
      for (const [index, { message, unit, invocationId = "", lineBreak, sequence, time }] of entries.entries()) {
        const { line, ...rest } = parsed[index] ?? assert.fail();
        assert.equal(rest.unit, unit);
        assert.deepEqual(
          [line.cursor.text, line.cursor.sequence, line.cursor.time, line.invocationId, line.isCut, line.size],
          [cursorText({ sequence, time, message }), sequence, time, invocationId, lineBreak === "line-max", message.length],
        );
        assert.equal(line.message, Buffer.from(message).toString("utf8"));
        assert.deepEqual(line.raw, isUtf8(message) ? undefined : message);
      }
    }),
    { numRuns: 300 },
  );
});

test("parses byte by byte", () => {
  const entries: ExportedEntry[] = [1, 2, 3].map((sequence) => ({
    sequence,
    time: 1000 + sequence,
    unit: "u",
    message: Uint8Array.from([0x61, 0x0a, 0xff]),
  }));
  const bytes = Buffer.concat(entries.map(exportText));
  const parsed = parse([...bytes].map((byte) => Buffer.from([byte])));
  assert.deepEqual(
    parsed.map(({ line }) => [line.cursor.sequence, [...(line.raw ?? [])]]),
    entries.map(({ sequence, message }) => [sequence, [...message]]),
  );
});

test("refuses what is not the format", () => {
  const length = Buffer.from("ffffffffffffffff", "hex");
  assert.throws(() => parse([Buffer.concat([Buffer.from("MESSAGE\n"), length, Buffer.from("x")])]), /impossible length/);
  assert.throws(() => parse([Buffer.from("MESSAGE\n\x01\0\0\0\0\0\0\0xx")]), /without an end/);
});

test("does not decode what nobody wants", () => {
  let entries = 0;
  const parser = new ExportParser(() => (entries += 1));
  const text = exportText({ sequence: 1, time: 1, unit: "u", message: Buffer.alloc(100, 120) });
  const chunk = Buffer.concat(Array.from({ length: 1000 }, () => text));
  const began = performance.now();
  for (let round = 0; round < 100; round += 1) parser.push(chunk);
  assert.equal(entries, 100_000);
  assert.ok(performance.now() - began < 10_000);
});

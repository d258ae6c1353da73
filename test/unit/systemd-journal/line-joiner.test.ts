import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { maximumLineBytes } from "../../../src/domain/log-entry.ts";
import { LineJoiner, type WholeLine } from "../../../src/drivers/systemd/journal/feed/line-joiner.ts";
import type { JournalLine } from "../../../src/drivers/systemd/journal/source/journal-line.ts";
import { parseJournalCursor } from "../../../src/drivers/systemd/journal/source/journal-point.ts";
import { cursorText } from "./export-text.ts";

const lineMax = 48 * 1024;

/** What journald makes of lines: pieces of at most 48 KiB. */
function pieces(lines: readonly Buffer[]): JournalLine[] {
  let sequence = 0;
  return lines.flatMap((line) => {
    const parts: Buffer[] = [];
    for (let at = 0; at === 0 || at < line.length; at += lineMax) parts.push(line.subarray(at, at + lineMax));
    return parts.map((part, index) => {
      sequence += 1;
      const cursor = parseJournalCursor(cursorText({ sequence, time: sequence })) ?? assert.fail();
      const message = part.toString("utf8");
      const raw = Buffer.from(message).equals(part) ? {} : { raw: Uint8Array.from(part) };
      return { cursor, invocationId: "", message, size: part.length, isCut: index < parts.length - 1, ...raw };
    });
  });
}

function join(input: readonly JournalLine[]): WholeLine[] {
  const joiner = new LineJoiner();
  return [...input.flatMap((piece) => joiner.push(piece)), ...[joiner.flush()].filter((line) => line !== undefined)];
}

const bytesOf = ({ raw, message }: WholeLine) => Buffer.from(raw ?? Buffer.from(message));
const line = fc
  .tuple(fc.integer({ min: 1, max: 230_000 }), fc.constantFrom("x", "☃", "é"))
  .map(([bytes, unit]) => Buffer.from(unit.repeat(Math.ceil(bytes / Buffer.byteLength(unit)))));

test("lines up to 64 KiB are whole, longer ones come in parts that join to the original", () => {
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 5 }), (lines) => {
      const joined = join(pieces(lines));
      assert.ok(joined.every((whole) => bytesOf(whole).length <= maximumLineBytes));
      let at = 0;
      for (const original of lines) {
        const end = joined.findIndex(({ partial }, index) => index >= at && !partial);
        if (original.length <= maximumLineBytes) assert.equal(end, at);
        assert.ok(Buffer.concat(joined.slice(at, end + 1).map(bytesOf)).equals(original));
        at = end + 1;
      }
      assert.equal(at, joined.length);
    }),
    { numRuns: 100 },
  );
});

test("a reader may begin behind any line", () => {
  const input = pieces([Buffer.alloc(65_536, "a"), Buffer.alloc(204_800, "b"), Buffer.from("c"), Buffer.alloc(100_000, "d")]);
  const whole = join(input);
  for (const [index, { cursor }] of whole.entries())
    assert.deepEqual(join(input.filter((piece) => piece.cursor.sequence > cursor.sequence)), whole.slice(index + 1));
});

test("what another invocation follows is told as it is", () => {
  const [first] = pieces([Buffer.alloc(50_000, "a")]);
  const [second] = pieces([Buffer.from("b")]);
  const joined = join([first ?? assert.fail(), { ...(second ?? assert.fail()), invocationId: "other" }]);
  assert.deepEqual(
    joined.map(({ size, partial }) => [size, partial]),
    [
      [lineMax, false],
      [1, false],
    ],
  );
});

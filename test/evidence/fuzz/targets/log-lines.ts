import assert from "node:assert/strict";
import { isUtf8 } from "node:buffer";
import { maximumLineBytes } from "../../../../src/domain/log-entry.ts";
import { decodeSpan, type LineSpan, splitLines } from "../../../../src/host/streams/split-lines.ts";
import { ByteSource } from "../byte-source.ts";
import { cutAnywhere } from "../cut-anywhere.ts";
import type { FuzzTarget, Verdict } from "../fuzz-target.ts";

/** What a game of the embedded driver writes: any bytes, with lines of any length. */
export const target: FuzzTarget = {
  property: "the same entries however the output arrives; they follow one another without a gap and hold at most 64 KiB",
  largestBytes: 400,
  covers: ["/src/host/streams/split-lines"],
  seeds: ["\x04\x10\x20\x30\x40\x05line\x0a", Buffer.from([0, 1, 0, 3, 0xe2, 0x98, 0x83, 255, 255, 1, 10, 0, 1, 1, 0xff, 3, 7])],
  words: ["\x01\x0a\x00\x01", "\x02\r\n\x00\x01", "\x01x\xff\xff", "\x03☃\x60\x00", "\x01\xff\x00\x05", Buffer.from([1, 0x80, 255, 255])],
  check(input): Verdict {
    const choices = new ByteSource(input);
    const cuts = choices.bytes(20);
    const bytes = output(choices);
    const whole = [...splitLines(bytes, true)];
    assert.deepEqual(incrementally(cutAnywhere(bytes, new ByteSource(cuts))), whole, "in pieces it reads differently");
    checkSpans(bytes, whole);
    return whole.some(({ partial }) => partial) ? "taken" : "refused";
  },
};

/** Up to a dozen texts, each repeated up to 65535 times or 200 KiB. */
function output(choices: ByteSource): Buffer {
  const parts: Buffer[] = [];
  let total = 0;
  while (!choices.isEmpty && parts.length < 12 && total < 400_000) {
    const text = choices.bytes(20);
    const part = text.length === 0 ? Buffer.alloc(0) : Buffer.alloc(Math.min(200_000, text.length * choices.word()), text);
    parts.push(part);
    total += part.length;
  }
  return Buffer.concat(parts);
}

function incrementally(chunks: readonly Buffer[]): LineSpan[] {
  const spans: LineSpan[] = [];
  let rest = Buffer.alloc(0);
  let at = 0;
  for (const [index, chunk] of chunks.entries()) {
    rest = Buffer.concat([rest, chunk]);
    let end = 0;
    for (const span of splitLines(rest, index === chunks.length - 1)) {
      spans.push({ ...span, start: at + span.start, textEnd: at + span.textEnd, end: at + span.end });
      end = span.end;
    }
    rest = rest.subarray(end);
    at += end;
  }
  return spans;
}

function checkSpans(bytes: Buffer, spans: readonly LineSpan[]): void {
  let at = 0;
  const known = isUtf8(bytes);
  for (const span of spans) {
    assert.equal(span.start, at);
    assert.ok(span.textEnd - span.start <= maximumLineBytes && span.textEnd <= span.end && span.end > span.start);
    const text = bytes.subarray(span.start, span.textEnd);
    const { message, raw } = decodeSpan(bytes, span, known);
    assert.ok(Buffer.from(raw ?? Buffer.from(message)).equals(text), "an entry holds other bytes");
    at = span.end;
  }
  assert.equal(at, bytes.length, "bytes are left over");
}

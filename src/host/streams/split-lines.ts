import { isUtf8 } from "node:buffer";
import { maximumLineBytes } from "../../domain/log-entry.ts";

/** One entry's bytes within a buffer. */
export type LineSpan = {
  readonly start: number;
  /** Behind the text, without the line break. */
  readonly textEnd: number;
  /** Behind the line break: where the next entry begins. */
  readonly end: number;
  readonly partial: boolean;
};

const lineFeed = 10;
const carriageReturn = 13;

/**
 * Cuts a buffer that begins at an entry into entries. Where it is cut depends on the bytes alone, never on how they came.
 *
 * @param isLast whether nothing follows the buffer: then a last line without a break is an entry, too
 */
export function* splitLines(buffer: Buffer, isLast: boolean): Generator<LineSpan> {
  let start = 0;
  while (start < buffer.length) {
    const found = buffer.indexOf(lineFeed, start);
    const lineEnd = found === -1 ? buffer.length : found;
    if (lineEnd - start > maximumLineBytes) {
      const cut = cutLongLine(buffer, start);
      yield { start, textEnd: cut, end: cut, partial: true };
      start = cut;
      continue;
    }
    if (found === -1 && !isLast) return;
    const end = found === -1 ? lineEnd : found + 1;
    const textEnd = lineEnd > start && buffer[lineEnd - 1] === carriageReturn ? lineEnd - 1 : lineEnd;
    yield { start, textEnd, end, partial: false };
    start = end;
  }
}

/** Where the first part of a line over {@link maximumLineBytes} ends: not inside a character of UTF-8. */
export function cutLongLine(buffer: Buffer, start: number): number {
  const longest = start + maximumLineBytes;
  for (let cut = longest; cut > longest - 4; cut -= 1) {
    if (((buffer[cut] ?? 0) & 0xc0) !== 0x80) return cut;
  }
  return longest;
}

/** Decodes one entry; `raw` only when its bytes are not UTF-8. @param known whether the whole buffer is UTF-8 */
export function decodeSpan(buffer: Buffer, span: LineSpan, known: boolean): { message: string; raw?: Uint8Array } {
  const message = buffer.toString("utf8", span.start, span.textEnd);
  if (known) return { message };
  const bytes = buffer.subarray(span.start, span.textEnd);
  return isUtf8(bytes) ? { message } : { message, raw: Uint8Array.from(bytes) };
}

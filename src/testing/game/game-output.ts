import { isUtf8 } from "node:buffer";
import type { LogEntry } from "../../domain/log-entry.ts";
import { decodeSpan, type LineSpan, splitLines } from "../../host/streams/split-lines.ts";

/** What of an entry the game alone decides. */
export type PrintedLine = Pick<LogEntry, "message" | "raw" | "partial">;

/** A game's standard output: bytes go in, lines come out as they are completed. */
export class GameOutput {
  readonly #tell: (line: PrintedLine) => void;
  #held: Buffer = Buffer.alloc(0);

  constructor(tell: (line: PrintedLine) => void) {
    this.#tell = tell;
  }

  line(text: string): void {
    this.write(Buffer.from(`${text}\n`));
  }

  write(bytes: Buffer): void {
    this.#cut(this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]), false);
  }

  /** Tells a last line without an end. */
  finish(): void {
    this.#cut(this.#held, true);
  }

  #cut(buffer: Buffer, isLast: boolean): void {
    const isKnown = isUtf8(buffer);
    let end = 0;
    for (const span of splitLines(buffer, isLast)) {
      end = span.end;
      this.#tell(lineOf(buffer, span, isKnown));
    }
    this.#held = buffer.subarray(end);
  }
}

function lineOf(buffer: Buffer, span: LineSpan, isKnown: boolean): PrintedLine {
  return { ...decodeSpan(buffer, span, isKnown), partial: span.partial };
}

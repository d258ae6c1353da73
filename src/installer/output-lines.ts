import { stripVTControlCharacters } from "node:util";
import type { Redact } from "./redact.ts";

/** The longest line that is handed out, in UTF-16 units. */
const longestLine = 4000;
/** Only so much of a line without end is kept. More than a line and a password: neither is cut before it is redacted. */
const mostKept = 3 * longestLine;

/** @param isWhole false for a piece of a line that is too long, except the first one */
export type OnLine = (text: string, isWhole: boolean) => void;

/**
 * Cuts output into lines: CR and LF end them, empty ones are left out, and too long ones come in pieces.
 *
 * Bytes that are not UTF-8 become U+FFFD; colours and other control sequences are taken out.
 */
export class OutputLines {
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #redact: Redact;
  readonly #onLine: OnLine;
  #rest = "";
  #isWhole = true;

  constructor(redact: Redact, onLine: OnLine) {
    this.#redact = redact;
    this.#onLine = onLine;
  }

  push(bytes: Uint8Array): void {
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split(/[\r\n]/);
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#endLine(line);
    if (this.#rest.length <= mostKept) return;
    const text = this.#redact(clean(this.#rest));
    const end = text.length - longestLine;
    this.#pieces(text.slice(0, end));
    this.#rest = text.slice(end);
  }

  /** The output is over. */
  end(): void {
    this.#endLine(this.#rest + this.#decoder.decode());
    this.#rest = "";
  }

  #endLine(line: string): void {
    this.#pieces(this.#redact(clean(line)));
    this.#isWhole = true;
  }

  #pieces(text: string): void {
    for (let start = 0; start < text.length; start += longestLine) {
      this.#onLine(text.slice(start, start + longestLine), this.#isWhole);
      this.#isWhole = false;
    }
  }
}

/** To be redacted behind this: a control sequence within the secret would hide it. What begins a sequence and is none goes, too. */
function clean(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/[\x1b\x9b]/g, "")
    .replaceAll("\0", "\ufffd");
}

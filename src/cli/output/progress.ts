import { formatBytes } from "../../domain/format-bytes.ts";
import { formatDuration } from "../input/duration.ts";
import { progressBar } from "./progress-bar.ts";
import type { Terminal } from "./terminal.ts";

const redrawMs = 100;
const lineMs = 5000;

/**
 * Shows how an upload gets on, on standard error: a bar on a terminal, elsewhere a line every five seconds and at the end.
 */
export class Progress {
  readonly #terminal: Terminal;
  readonly #what: string;
  #total: number | undefined;
  #started = Date.now();
  #done = 0;
  #shownAt = Date.now();
  #isComplete = false;
  /** A bar stands in a line that has no end yet. */
  #isDrawn = false;
  #isClosed = false;

  constructor(terminal: Terminal, what: string) {
    this.#terminal = terminal;
    this.#what = what;
  }

  /** Counts what passes through. @param totalBytes about so many; undefined = unknown */
  async *count(source: AsyncIterable<Uint8Array>, totalBytes: number | undefined): AsyncGenerator<Uint8Array, void, undefined> {
    this.#total = totalBytes;
    this.#started = Date.now();
    for await (const chunk of source) {
      this.#done += chunk.length;
      this.#show();
      yield chunk;
    }
    this.#isComplete = true;
    this.#end();
  }

  /** Leaves standard error at the beginning of a line, also when the upload failed in the middle; nothing is shown from then on. */
  close(): void {
    this.#isClosed = true;
    if (this.#isDrawn) this.#terminal.err("\n");
    this.#isDrawn = false;
  }

  /** How far it got, for people. */
  sent(): string {
    if (this.#isComplete) return `all ${formatBytes(this.#done)} were sent, and the host was checking them`;
    return `${formatBytes(this.#done)}${this.#total === undefined ? "" : ` of ${formatBytes(this.#total)}`} were sent`;
  }

  #show(): void {
    const now = Date.now();
    if (this.#isClosed || now - this.#shownAt < (this.#terminal.isErrTty ? redrawMs : lineMs)) return;
    this.#shownAt = now;
    this.#terminal.err(this.#terminal.isErrTty ? `\r${this.#text()}\x1b[K` : `${this.#text()}\n`);
    this.#isDrawn = this.#terminal.isErrTty;
  }

  #end(): void {
    if (this.#isClosed) return;
    const seconds = formatDuration(Date.now() - this.#started);
    const text = `${this.#what}: ${formatBytes(this.#done)} sent in ${seconds}; the host checks and publishes it`;
    this.#terminal.err(this.#terminal.isErrTty ? `\r${text}\x1b[K\n` : `${text}\n`);
    this.#isDrawn = false;
  }

  #text(): string {
    const seconds = Math.max(0.001, (Date.now() - this.#started) / 1000);
    const rate = this.#done / seconds;
    const sent = `${this.#what}: ${formatBytes(this.#done)}`;
    if (this.#total === undefined) return `${sent}, ${formatBytes(rate)}/s`;
    const share = Math.min(1, this.#done / Math.max(1, this.#total));
    const left = formatDuration((Math.max(0, this.#total - this.#done) / rate) * 1000);
    return `${sent} of ${formatBytes(this.#total)} ${progressBar(share)} ${Math.floor(share * 100)} %, ${formatBytes(rate)}/s, ${left} left`;
  }
}

import type { Screen, ScreenSize } from "./screen.ts";
import type { Terminal } from "./terminal.ts";

/** How long changes are gathered before they are drawn, in milliseconds. */
const gatherMs = 50;
/** How often it is drawn although nothing changed, in milliseconds: it shows times. */
const tickMs = 1000;

/** A page that is drawn in place again and again, until it is closed or the command is interrupted. */
export class LivePage {
  readonly #terminal: Terminal;
  readonly #screen: Screen;
  readonly #content: (size: ScreenSize) => string;
  readonly #close = () => this.close();
  #soon: NodeJS.Timeout | undefined;
  #ticks: NodeJS.Timeout | undefined;

  /** @param content what to show: at most `rows` lines, none longer than `columns` */
  constructor(terminal: Terminal, screen: Screen, content: (size: ScreenSize) => string) {
    this.#terminal = terminal;
    this.#screen = screen;
    this.#content = content;
  }

  open(): void {
    this.#screen.open(() => this.#draw());
    this.#ticks = setInterval(() => this.#draw(), tickMs);
    // At once, not when the stream has ended: a second Ctrl-C ends the process, and the cursor has to be back by then.
    this.#terminal.interrupted.addEventListener("abort", this.#close, { once: true });
    this.#draw();
  }

  /** The content has changed: it is drawn soon. */
  update(): void {
    if (this.#ticks === undefined || this.#soon !== undefined) return;
    this.#soon = setTimeout(() => {
      this.#soon = undefined;
      this.#draw();
    }, gatherMs);
  }

  /** Restores the terminal. May be called again. */
  close(): void {
    clearInterval(this.#ticks);
    clearTimeout(this.#soon);
    this.#ticks = undefined;
    this.#terminal.interrupted.removeEventListener("abort", this.#close);
    this.#screen.close();
  }

  /** Over what is there, each line and then the rest cleared behind its end: nothing flickers, and nothing old stays. */
  #draw(): void {
    const lines = this.#content(this.#screen.size()).trimEnd().split("\n");
    this.#terminal.out(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join("\n")}\x1b[J`);
  }
}

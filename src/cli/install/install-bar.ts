import { type InstallJob, type InstallLine, InstallPhase, isJobOver } from "../../client/index.ts";
import { formatBytes } from "../../domain/format-bytes.ts";
import { cutText } from "../output/cut-text.ts";
import { printNotice } from "../output/notice.ts";
import { printable, type Terminal } from "../output/terminal.ts";
import { activityOf, phaseOf, shownLine } from "./install-text.ts";
import type { InstallView } from "./install-view.ts";

/** Back to the beginning of the line, and what stands there cleared. */
const clear = "\r\x1b[K";
/** From here on a long bar leaves room for phase, bytes, rate and the time left. */
const wideColumns = 100;

/** An installation on a terminal: one line that is drawn over again, and above it the phases that are over and SteamCMD's lines. */
export class InstallBar implements InstallView {
  readonly #terminal: Terminal;
  #job: InstallJob | undefined;
  #isDrawn = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  job(job: InstallJob): void {
    if (this.#job !== undefined && this.#job.phase !== job.phase) this.#above(`${endOf(this.#job, job)}\n`);
    this.#job = isJobOver(job) ? undefined : job;
    this.#draw();
  }

  line({ text }: InstallLine): void {
    this.#above(`${shownLine(text)}\n`);
    this.#draw();
  }

  /** Of an outage, mostly: how the job stands is not known until it is told again. */
  notice(text: string): void {
    this.#erase();
    printNotice(this.#terminal, text);
  }

  close(): void {
    this.#erase();
  }

  #above(text: string): void {
    this.#erase();
    this.#terminal.err(text);
  }

  #erase(): void {
    if (this.#isDrawn) this.#terminal.err(clear);
    this.#isDrawn = false;
  }

  /** One column stays free: a line that fills the last one would wrap on some terminals, and could not be drawn over. */
  #draw(): void {
    if (this.#job === undefined) return this.#erase();
    const columns = this.#terminal.errColumns?.() ?? 80;
    const activity = activityOf(this.#job, columns < wideColumns ? 10 : 24);
    this.#terminal.err(`${clear}${cutText(printable(activity), columns - 1)}`);
    this.#isDrawn = true;
  }
}

/** How a phase ended, seen from the state behind it. */
function endOf(before: InstallJob, { phase }: InstallJob): string {
  if (phase === InstallPhase.FAILED) return `${phaseOf(before)}: failed`;
  if (phase === InstallPhase.CANCELLED) return `${phaseOf(before)}: cancelled`;
  return `${phaseOf(before)}: done${before.totalBytes === undefined ? "" : `, ${formatBytes(before.totalBytes)}`}`;
}

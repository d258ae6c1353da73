import type { InstallLine } from "../../domain/install-job.ts";

/** How many lines of a job that runs are kept. */
const keptLines = 10_000;

/** The lines of one installation job, the newest kept; their numbers count from 1 whatever was dropped. */
export class InstallLog {
  #lines: InstallLine[] = [];
  #last = 0;

  /** @param lines what is known of it already, in order */
  constructor(lines: readonly InstallLine[] = []) {
    this.#lines = [...lines];
    this.#last = lines.at(-1)?.sequence ?? 0;
  }

  add(time: Date, text: string): void {
    this.#last += 1;
    this.#lines.push({ sequence: this.#last, time, text });
    if (this.#lines.length > 2 * keptLines) this.#lines = this.#lines.slice(-keptLines);
  }

  /** The kept lines behind a number, oldest first. */
  after(sequence: number): readonly InstallLine[] {
    const kept = this.#lines.slice(-keptLines);
    const first = kept[0]?.sequence ?? 1;
    return kept.slice(Math.max(0, sequence - first + 1));
  }

  /** The newest `count` lines, oldest first. */
  tail(count: number): readonly InstallLine[] {
    return this.#lines.slice(-count);
  }
}

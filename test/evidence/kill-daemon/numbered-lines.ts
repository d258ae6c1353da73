import { setTimeout as sleep } from "node:timers/promises";
import { followLogs, type HostClient } from "../../../src/client/index.ts";

/**
 * Follows an instance that prints numbered lines, across every death of the daemon, and checks that the numbers of each
 * invocation are without a hole and without a double.
 */
export class NumberedLines {
  lines = 0;
  readonly problems: string[] = [];
  readonly #client: HostClient;
  readonly #name: string;
  readonly #end = new AbortController();
  readonly #last = new Map<string, number>();
  readonly #following: Promise<void>;

  constructor(client: HostClient, name: string) {
    this.#client = client;
    this.#name = name;
    this.#following = this.#follow();
  }

  /** Waits until the follower has seen what the log holds now, then ends it. @returns what was wrong */
  async finish(): Promise<string[]> {
    const newest = await this.#newest();
    for (let tries = 0; tries < 600 && !this.#hasSeen(newest); tries += 1) await sleep(100);
    if (!this.#hasSeen(newest)) this.problems.push(`${this.#name}: line ${newest?.number} never reached the follower`);
    this.#end.abort();
    await this.#following;
    return this.problems;
  }

  async #follow(): Promise<void> {
    for await (const item of followLogs(this.#client, {
      name: this.#name,
      lines: 100_000,
      signal: this.#end.signal,
      maximumDelayMs: 1000,
    })) {
      if (item.type === "gap") this.problems.push(`${this.#name}: a gap`);
      else this.#take(item.entry);
    }
  }

  #take(entry: { message: string; invocationId: string }): void {
    const number = numberOf(entry.message);
    if (number === undefined) return;
    const expected = (this.#last.get(entry.invocationId) ?? 0) + 1;
    if (number > expected) this.problems.push(`${this.#name}: lines ${expected} to ${number - 1} are missing`);
    if (number < expected) this.problems.push(`${this.#name}: line ${number} came again`);
    this.#last.set(entry.invocationId, number);
    this.lines += 1;
  }

  async #newest(): Promise<{ invocationId: string; number: number } | undefined> {
    let newest: { invocationId: string; number: number } | undefined;
    for await (const { event } of this.#client.logs.streamLogs({ name: this.#name, lines: 50 })) {
      for (const { message, invocationId } of event.case === "batch" ? event.value.entries : []) {
        const number = numberOf(message);
        if (number !== undefined) newest = { invocationId, number };
      }
    }
    return newest;
  }

  #hasSeen(newest: { invocationId: string; number: number } | undefined): boolean {
    return newest !== undefined && (this.#last.get(newest.invocationId) ?? 0) >= newest.number;
  }
}

function numberOf(message: string): number | undefined {
  const digits = /^sim line (\d+)\b/.exec(message)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

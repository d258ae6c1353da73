import type { HostClient, StreamLogsResponse } from "../../src/client/index.ts";
import { LineAccount } from "./line-account.ts";
import { ageOf, numberOf } from "./numbered-line.ts";

/** So long a line that was printed may take at the most. */
const limitMs = 300_000;

/** A follower of a talking game. It reads when it is told to; one that is not is a stalled client. */
export class Follower {
  /** Milliseconds from each line that told the time to its arrival here. */
  readonly ages: number[] = [];
  readonly account: LineAccount;
  readonly #stopping = new AbortController();
  readonly #messages: AsyncIterator<StreamLogsResponse>;

  private constructor(client: Pick<HostClient, "logs">, name: string, said: number) {
    this.account = new LineAccount(said);
    const stream = client.logs.streamLogs({ name, follow: true, lines: 0 }, { signal: this.#stopping.signal });
    this.#messages = stream[Symbol.asyncIterator]();
  }

  /** Resolves when the host has said hello. @param said the number of the last line that was printed before */
  static async open(client: Pick<HostClient, "logs">, name: string, said = 0): Promise<Follower> {
    const follower = new Follower(client, name, said);
    await follower.#read();
    return follower;
  }

  /** Reads until the line with a number has come. @throws ConnectError CANCELED after five minutes */
  async readTo(number: number): Promise<void> {
    const timer = setTimeout(() => this.close(), limitMs);
    while (this.account.last < number) await this.#read();
    clearTimeout(timer);
  }

  close(): void {
    this.#stopping.abort();
  }

  async #read(): Promise<void> {
    const { value, done } = await this.#messages.next();
    if (done === true) throw new Error("the log ended");
    const { event } = value as StreamLogsResponse;
    if (event.case === "gap") this.account.gap(event.value.lost);
    if (event.case === "batch") for (const { message } of event.value.entries) this.#take(message);
  }

  #take(message: string): void {
    const number = numberOf(message);
    if (Number.isNaN(number)) return;
    this.account.line(number);
    const age = ageOf(message);
    if (age !== undefined) this.ages.push(age);
  }
}

/** Opens as many followers as asked for, a few at a time. */
export async function openFollowers(client: Pick<HostClient, "logs">, name: string, count: number, said = 0): Promise<Follower[]> {
  const followers: Follower[] = [];
  while (followers.length < count) {
    const more = Math.min(50, count - followers.length);
    followers.push(...(await Promise.all(Array.from({ length: more }, () => Follower.open(client, name, said)))));
  }
  return followers;
}

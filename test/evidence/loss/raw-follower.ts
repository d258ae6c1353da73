import { setTimeout as sleep } from "node:timers/promises";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { asHostFailure, ConnectError, createHostClient, type HostClient } from "../../../src/client/index.ts";
import type { Follower } from "./follower.ts";
import type { Act, Habit } from "./habit.ts";

/** Between two tries of a follower whose daemon is away, in milliseconds. */
const retryMs = 100;

/**
 * Follows without any help of the client: after every end of its stream, its own act or not, it asks for what stands behind
 * the last cursor that it was given.
 *
 * @throws ConnectError for a refusal; Error when the host ends the stream of a game that still runs
 */
export async function followRaw(follower: Follower, habit: Habit, signal: AbortSignal): Promise<void> {
  const reader = new RawReader(follower, habit);
  try {
    while (!follower.ledger.isOver && !signal.aborted) {
      await reader.stream(signal).catch((error: unknown) => {
        if (!signal.aborted && !isPassing(error)) throw error;
      });
      await sleep(retryMs);
    }
  } finally {
    reader.close();
  }
}

class RawReader {
  readonly #follower: Follower;
  readonly #habit: Habit;
  #client: HostClient;
  #cursor = "";

  constructor(follower: Follower, habit: Habit) {
    this.#follower = follower;
    this.#habit = habit;
    this.#client = createHostClient({ address: follower.source.address });
  }

  /** Reads one stream until its end, that of the log, or an act that ends it. */
  async stream(signal: AbortSignal): Promise<void> {
    const { ledger, source } = this.#follower;
    const end = new AbortController();
    const start =
      this.#cursor === ""
        ? { case: "since" as const, value: timestampFromDate(source.since) }
        : { case: "afterCursor" as const, value: this.#cursor };
    this.#follower.tries += 1;
    const request = { name: source.name, follow: true, start };
    for await (const { event } of this.#client.logs.streamLogs(request, { signal: AbortSignal.any([signal, end.signal]) })) {
      if (event.case === "batch") {
        for (const entry of event.value.entries) {
          ledger.entry(entry);
          this.#cursor = entry.cursor;
          const act = ledger.isOver ? ({ type: "cancel" } as const) : this.#habit.afterEntry();
          if (act === undefined) continue;
          if (act.type === "stall") await this.#stall(act);
          else return this.#leave(act, end);
        }
        continue;
      }
      if (event.case === "gap") ledger.gap(event.value);
      if (event.case !== undefined && event.value.cursor !== "") this.#cursor = event.value.cursor;
    }
    throw new Error("the host ended the stream as if the log were complete");
  }

  close(): void {
    this.#client.close();
  }

  async #stall({ ms }: Act & { readonly type: "stall" }): Promise<void> {
    this.#follower.stalledMs += ms;
    await sleep(ms);
  }

  #leave({ type }: Act, end: AbortController): void {
    if (type === "cancel") return end.abort();
    this.#client.close();
    this.#client = createHostClient({ address: this.#follower.source.address });
  }
}

/** The daemon was killed, or drains: the next one goes on. */
function isPassing(error: unknown): boolean {
  const failure = asHostFailure(error);
  return failure === undefined ? error instanceof ConnectError : failure.code === "UNAVAILABLE";
}

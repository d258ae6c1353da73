import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { ConnectError } from "@connectrpc/connect";
import {
  LifecycleEvent,
  type LogEntry,
  type LogGap,
  type StreamLogsRequestSchema,
  type StreamLogsResponse,
} from "../gen/left4me/host/v1/log_service_pb.ts";
import type { HostClient } from "./host-client.ts";
import { asHostFailure } from "./host-failure.ts";
import { type ReconnectOptions, reconnecting } from "./reconnecting.ts";

/** Options of {@link followLogs}. */
export type FollowLogsOptions = ReconnectOptions & {
  /** The instance's name. */
  readonly name: string;
  /**
   * So many entries of history, 0 to 100 000; ignored with `afterCursor`. Default: 200; everything that `since` or
   * `invocationId` selects with one of them.
   */
  readonly lines?: number;
  /** Goes on with what comes. Default: true. */
  readonly follow?: boolean;
  /** Begins behind the entry, or gap, with this cursor: `entry.cursor` of an earlier stream of the same name. */
  readonly afterCursor?: string;
  /** Begins at the first entry that is not older. */
  readonly since?: Date;
  /** Only the entries of this invocation, an `invocationId` of a status or an entry; ends when it has ended. */
  readonly invocationId?: string;
  /** Told when the log ends because the instance was deleted. The error is the host's NOT_FOUND / INSTANCE_NOT_FOUND. */
  readonly onDeleted?: (error: ConnectError) => void;
};

/** What a log yields: an entry, or word that entries are missing here, with their number where it is known. */
export type LogItem = { readonly type: "entry"; readonly entry: LogEntry } | { readonly type: "gap"; readonly gap: LogGap };

/**
 * Follows an instance's log across lost connections and restarts of the host's daemon: nothing is lost or repeated, or
 * a gap says so.
 *
 * Ends when the signal aborts, when the instance is deleted (`onDeleted` tells), without `follow` at the end of the history, and with
 * `invocationId` when the invocation has ended. Give at most one of `afterCursor`, `since` and `invocationId`.
 * @throws ConnectError for what trying again cannot cure: NOT_FOUND / INSTANCE_NOT_FOUND when there is no such instance to
 * begin with, NOT_FOUND / INVOCATION_NOT_FOUND, INVALID_ARGUMENT (two beginnings, a cursor that is none), UNIMPLEMENTED, and a
 * first connection that fails (unless `retryFirst`)
 */
export async function* followLogs(
  client: Pick<HostClient, "logs" | "replaceConnection">,
  options: FollowLogsOptions,
): AsyncGenerator<LogItem, void, undefined> {
  const place = new LogPlace(options);
  const plan = {
    client,
    open: (signal: AbortSignal) => client.logs.streamLogs(place.request(), { signal }),
    heartbeat: ({ event }: StreamLogsResponse) => (event.case === "hello" ? event.value.heartbeatInterval : undefined),
    isComplete: () => options.follow === false || options.invocationId !== undefined,
  };
  try {
    for await (const { event } of reconnecting(plan, options)) {
      for (const item of place.read(event)) yield item;
      if (place.isBehindInvocation) return;
    }
  } catch (error) {
    const isDeleted = place.isOpened && asHostFailure(error)?.reason === "INSTANCE_NOT_FOUND";
    if (!isDeleted) throw error;
    options.onDeleted?.(error as ConnectError);
  }
}

/** How far a consumer has got in a log. */
class LogPlace {
  isOpened = false;
  /** A resumed stream is no longer limited to the invocation by the host: it is here. */
  isBehindInvocation = false;
  readonly #options: FollowLogsOptions;
  #cursor = "";

  constructor(options: FollowLogsOptions) {
    this.#options = options;
  }

  request(): MessageInitShape<typeof StreamLogsRequestSchema> {
    const { name, lines, follow = true, afterCursor, since, invocationId } = this.#options;
    const request = { name, follow, ...(lines === undefined ? {} : { lines }) };
    const cursor = this.#cursor === "" ? afterCursor : this.#cursor;
    if (cursor !== undefined) return { ...request, start: { case: "afterCursor", value: cursor } };
    if (since !== undefined) return { ...request, start: { case: "since", value: timestampFromDate(since) } };
    if (invocationId !== undefined) return { ...request, start: { case: "invocationId", value: invocationId } };
    return request;
  }

  *read(event: StreamLogsResponse["event"]): Generator<LogItem, void, undefined> {
    if (event.case === "batch") {
      for (const entry of event.value.entries) {
        if (this.#endsBefore(entry)) return;
        this.#cursor = entry.cursor;
        yield { type: "entry", entry };
        if (this.#endsWith(entry)) return;
      }
      return;
    }
    if (event.case === "hello") this.isOpened = true;
    if (event.case !== undefined && event.value.cursor !== "") this.#cursor = event.value.cursor;
    if (event.case === "gap") yield { type: "gap", gap: event.value };
  }

  #endsBefore(entry: LogEntry): boolean {
    const wanted = this.#options.invocationId;
    if (wanted !== undefined && entry.invocationId !== "" && entry.invocationId !== wanted) this.isBehindInvocation = true;
    return this.isBehindInvocation;
  }

  #endsWith(entry: LogEntry): boolean {
    if (this.#options.invocationId !== undefined && entry.event === LifecycleEvent.EXITED) this.isBehindInvocation = true;
    return this.isBehindInvocation;
  }
}

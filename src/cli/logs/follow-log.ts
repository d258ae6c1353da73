import { type ConnectError, type FollowLogsOptions, followLogs } from "../../client/index.ts";
import { dateOf } from "../output/contract-words.ts";
import type { Session } from "../session.ts";
import type { LogFilter } from "./log-filter.ts";
import type { LogPrinter } from "./log-printer.ts";

/** Where a log goes. */
export type LogOutput = {
  readonly printer: LogPrinter;
  readonly filter: LogFilter;
  /** Waits until an entry of that time may be printed. Default: at once. */
  readonly turn?: ((time: Date) => Promise<void>) | undefined;
};

/**
 * Prints one log until it ends. Returns the exit code: 3 when the instance was deleted, else 0.
 *
 * @throws ConnectError when the log cannot be read
 */
export async function followLog(
  { client }: Pick<Session, "client">,
  request: FollowLogsOptions,
  { printer, filter, turn }: LogOutput,
): Promise<number> {
  let deletion: ConnectError | undefined;
  const onDeleted = (error: ConnectError) => {
    deletion = error;
  };
  for await (const item of followLogs(client, { ...request, onDeleted })) {
    if (item.type === "gap") {
      filter.gap();
      printer.gap(item.gap);
    } else if (filter.shows(item.entry)) {
      await turn?.(dateOf(item.entry.time) ?? new Date(0));
      printer.entry(item.entry);
    }
  }
  return deletion === undefined ? 0 : printer.end(`instance ${request.name} was deleted`, deletion, 3);
}

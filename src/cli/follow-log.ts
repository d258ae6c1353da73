import { type ConnectError, type FollowLogsOptions, followLogs } from "../client/index.ts";
import type { LogFilter } from "./log-filter.ts";
import type { LogPrinter } from "./log-printer.ts";
import type { Session } from "./session.ts";

/**
 * Prints one log until it ends. Returns the exit code: 3 when the instance was deleted, else 0.
 *
 * @throws ConnectError when the log cannot be read
 */
export async function followLog(
  { client }: Pick<Session, "client">,
  request: FollowLogsOptions,
  printer: LogPrinter,
  filter: LogFilter,
): Promise<number> {
  let deletion: ConnectError | undefined;
  const onDeleted = (error: ConnectError) => {
    deletion = error;
  };
  for await (const item of followLogs(client, { ...request, onDeleted })) {
    if (item.type === "gap") printer.gap(item.gap);
    else if (filter.shows(item.entry)) printer.entry(item.entry);
  }
  return deletion === undefined ? 0 : printer.end(`instance ${request.name} was deleted`, deletion, 3);
}

import { asConnectionProblem, asHostFailure, type ConnectError, type FollowLogsOptions, followLogs } from "../../client/index.ts";
import { formatDuration, parseSince } from "../duration.ts";
import { problemText } from "../host-candidates.ts";
import { LogPrinter, type LogStyle } from "../log-printer.ts";
import type { GlobalOptions } from "../session.ts";
import type { Terminal } from "../terminal.ts";
import { TimeOutError } from "../time-out.ts";
import { UsageError } from "../usage-error.ts";
import { withHost } from "../with-host.ts";

export type LogsOptions = GlobalOptions & {
  readonly lines?: string;
  readonly follow: boolean;
  readonly json?: boolean;
  readonly plain?: boolean;
  readonly output?: string;
  readonly afterCursor?: string;
  readonly since?: string;
  readonly invocation?: string;
};

/**
 * Prints an instance's log and follows it. Ends with 130 at Ctrl-C, with 0 when nobody reads any more, with 3 when the
 * instance was deleted, and with 8 when the time is over.
 */
export function logsCommand(terminal: Terminal, name: string, options: LogsOptions): Promise<number> {
  return withHost(
    terminal,
    { ...options, json: options.json === true || options.output === "json" },
    async ({ client, change }) => {
      const printer = new LogPrinter(terminal, styleOf(options));
      const deadline = change.timeoutMs === undefined ? [] : [AbortSignal.timeout(change.timeoutMs)];
      const signal = AbortSignal.any([terminal.interrupted, terminal.outClosed, ...deadline]);
      let deletion: ConnectError | undefined;
      const request = {
        ...requestOf(name, options),
        signal,
        onReconnect: (event: Outage) => tellOutage(printer, event),
        onDeleted: (error: ConnectError) => {
          deletion = error;
        },
      };
      for await (const item of followLogs(client, request)) {
        if (item.type === "entry") printer.entry(item.entry);
        else printer.gap(item.gap);
      }
      if (deletion !== undefined) return printer.end(`instance ${name} was deleted`, deletion, 3);
      const isOver = deadline[0]?.aborted === true && !terminal.interrupted.aborted && !terminal.outClosed.aborted;
      return isOver ? outOfTime(printer, name, change.timeoutMs) : endCode(terminal);
    },
    // Nothing goes on when a reader leaves: the report needs no name.
    { wait: { what: `the log of ${name}` }, isJsonStream: true },
  );
}

function requestOf(name: string, options: LogsOptions): FollowLogsOptions {
  const starts = [options.afterCursor, options.since, options.invocation].filter((start) => start !== undefined);
  if (starts.length > 1) throw new UsageError("give only one of --after-cursor, --since and --invocation");
  return {
    name,
    follow: options.follow,
    ...(options.lines === undefined ? {} : { lines: lineCount(options.lines) }),
    ...(options.afterCursor === undefined ? {} : { afterCursor: options.afterCursor }),
    ...(options.since === undefined ? {} : { since: parseSince(options.since) }),
    ...(options.invocation === undefined ? {} : { invocationId: options.invocation }),
  };
}

function lineCount(text: string): number {
  if (/^\d{1,6}$/.test(text) && Number(text) <= 100_000) return Number(text);
  throw new UsageError(`--lines is a number from 0 to 100000, not "${text}"`);
}

function styleOf({ json, plain, output }: LogsOptions): LogStyle {
  if (output !== undefined && !["cat", "short", "json"].includes(output))
    throw new UsageError(`--output is short, cat or json, not "${output}"`);
  if (json === true || output === "json") return "json";
  return plain === true || output === "cat" ? "plain" : "timed";
}

type Outage = Parameters<NonNullable<FollowLogsOptions["onReconnect"]>>[0];

/** Once an outage: the attempts that follow need no line each, and a stream that the host ended in order is none. */
function tellOutage(printer: LogPrinter, { error, attempt, delayMs }: Outage): void {
  if (attempt > 1 || error === undefined) return;
  const problem = asConnectionProblem(error);
  const why = asHostFailure(error)?.message ?? (problem === undefined ? "the stream broke" : problemText(problem.code));
  printer.notice(`connection lost (${why}); trying again in ${formatDuration(delayMs)} and from then on; Ctrl-C ends`);
}

function outOfTime(printer: LogPrinter, name: string, timeoutMs = 0): number {
  const text = `the ${timeoutMs / 1000} s of --timeout are over; ${printer.seen()}; without --timeout it goes on`;
  return printer.end(text, new TimeOutError(`followed the log of ${name} for ${timeoutMs / 1000} s; ${printer.seen()}`, ""), 8);
}

function endCode(terminal: Terminal): number {
  if (terminal.interrupted.aborted) return terminal.interrupted.reason === "SIGTERM" ? 143 : 130;
  return 0;
}

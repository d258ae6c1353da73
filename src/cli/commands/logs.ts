import { reportFailure } from "../failures/failure-report.ts";
import { type Attempt, Outages } from "../failures/outages.ts";
import { TimeOutError } from "../failures/time-out.ts";
import { formatDuration } from "../input/duration.ts";
import { followLog } from "../logs/follow-log.ts";
import { LogFilter } from "../logs/log-filter.ts";
import { type LogPlan, type LogsOptions, logPlan } from "../logs/log-plan.ts";
import { LogPrinter } from "../logs/log-printer.ts";
import { logSources } from "../logs/log-source.ts";
import { TimeOrder } from "../logs/time-order.ts";
import { momentOf } from "../output/clock.ts";
import { dateOf } from "../output/contract-words.ts";
import type { Terminal } from "../output/terminal.ts";
import { selectInstances } from "../select-instances.ts";
import type { Session } from "../session.ts";
import { endCode, streamLimits } from "../stream-limits.ts";
import { withHost } from "../with-host.ts";

/**
 * Prints the logs of instances and follows them; entries of several stand in the order of their times when they are only
 * printed, and in the order in which they arrive when they are followed. Ends with 130
 * at Ctrl-C, with 0 when nobody reads any more, with 3 when an instance was deleted, and with 8 when the time is over. Of
 * several logs one that fails ends alone; the highest code counts.
 *
 * @throws UsageError before the host is asked
 */
export async function logsCommand(terminal: Terminal, names: readonly string[], options: LogsOptions): Promise<number> {
  const plan = logPlan(names, options);
  return await withHost(
    terminal,
    { ...options, json: plan.style === "json" },
    (session) => printLogs(session, plan),
    // Nothing goes on when a reader leaves: the report needs no name.
    { wait: { what: names.length === 0 ? "the list of instances" : `the log of ${names.join(", ")}` }, isJsonStream: true },
  );
}

/** One log of those that are printed. */
type OpenLog = { readonly name: string; readonly printer: LogPrinter };

async function printLogs(session: Session, plan: LogPlan): Promise<number> {
  const { terminal } = session;
  const { logs, exitCode } = await openLogs(session, plan);
  const { signal, isOutOfTime } = streamLimits(session);
  const whole = new LogPrinter(terminal, plan.style);
  const outages = new Outages();
  const order = plan.isJoint && plan.request.follow === false ? new TimeOrder(logs.map(({ name }) => name)) : undefined;
  const follow = async ({ name, printer }: OpenLog): Promise<number> => {
    const onReconnect = (attempt: Attempt) => tellOutage(whole, outages.lost(name, attempt), attempt);
    const onReconnected = () => tellReturn(whole, outages.back(name));
    try {
      const request = { ...plan.request, name, signal, onReconnect, onReconnected };
      const turn = order && ((time: Date) => order.turn(name, time.getTime()));
      return await followLog(session, request, { printer, filter: new LogFilter(plan.pattern), turn });
    } catch (error) {
      if (!plan.isJoint) throw error;
      return reportOne(session, { name, printer }, error);
    } finally {
      // The host has answered for this one: with no other log out of reach, the outage is over.
      tellReturn(whole, outages.back(name) && plan.isJoint && !signal.aborted);
      order?.ended(name);
    }
  };
  const codes = await Promise.all(logs.map(follow));
  const end = isOutOfTime() ? outOfTime(whole, logs, session.change.timeoutMs) : endCode(terminal);
  return Math.max(end, exitCode, ...codes);
}

/** The logs to print, and the exit code for names that are out of the question. */
async function openLogs(session: Session, plan: LogPlan): Promise<{ logs: OpenLog[]; exitCode: number }> {
  const { terminal } = session;
  const { labels, style } = plan;
  const isLabelled = Object.keys(labels).length > 0;
  const { names, failures } = isLabelled ? await selectInstances(session, plan.names, labels) : { names: plan.names, failures: [] };
  const sources = plan.isJoint ? logSources(terminal, names) : [];
  const logs = names.map((name, index) => ({ name, printer: new LogPrinter(terminal, style, sources[index]) }));
  const codes = failures.map(([name, error]) => {
    const printer = new LogPrinter(terminal, style, { name, prefix: "" });
    return reportOne(session, { name, printer }, error);
  });
  return { logs, exitCode: Math.max(0, ...codes) };
}

/** Reports the failure of one of several logs. Returns its exit code. */
function reportOne({ terminal, address, next }: Session, { name, printer }: OpenLog, error: unknown): number {
  printer.failure(error);
  return reportFailure(terminal, error, { name, isOneOfSeveral: true, address, next });
}

function tellOutage(printer: LogPrinter, cause: string | undefined, { delayMs }: Attempt): void {
  if (cause === undefined) return;
  printer.notice(`connection lost (${cause}); trying again in ${formatDuration(delayMs)} and from then on; Ctrl-C ends`);
}

function tellReturn(printer: LogPrinter, isBack: boolean): void {
  if (isBack) printer.notice("connected again");
}

function outOfTime(printer: LogPrinter, logs: readonly OpenLog[], timeoutMs = 0): number {
  const seconds = timeoutMs / 1000;
  const subject = `the log of ${logs.map(({ name }) => name).join(", ")}`;
  const text = `the ${seconds} s of --timeout are over; ${seen(logs)}; without --timeout it goes on`;
  return printer.end(text, new TimeOutError(`followed ${subject} for ${seconds} s; ${seen(logs)}`, ""), 8);
}

/** What came last, for people. */
function seen(logs: readonly OpenLog[]): string {
  const times = logs.flatMap(({ printer }) => (printer.last === undefined ? [] : [dateOf(printer.last.time) ?? new Date(0)]));
  const [newest] = times.toSorted((a, b) => b.getTime() - a.getTime());
  return newest === undefined ? "no entry came" : `the last entry came at ${momentOf(newest, new Date())}`;
}

import { watchInstances } from "../../client/index.ts";
import { failureDocument } from "../failures/failure-document.ts";
import { type Attempt, Outages } from "../failures/outages.ts";
import { TimeOutError } from "../failures/time-out.ts";
import { UsageError } from "../failures/usage-error.ts";
import { parseDuration } from "../input/duration.ts";
import { parseLabels } from "../input/labels.ts";
import { printJsonLine } from "../output/json-output.ts";
import { printNotice } from "../output/notice.ts";
import type { Terminal } from "../output/terminal.ts";
import type { Session } from "../session.ts";
import { endCode, streamLimits } from "../stream-limits.ts";
import { WatchLines } from "../watch/watch-lines.ts";
import { WatchPage } from "../watch/watch-page.ts";
import type { WatchView } from "../watch/watch-view.ts";
import { WatchedInstances } from "../watch/watched-instances.ts";
import { withHost } from "../with-host.ts";
import type { StatusOptions } from "./status.ts";

/** What a command line of `status --watch` asks for. */
type WatchPlan = {
  /** Without repetitions; none: all. */
  readonly names: readonly string[];
  readonly labels: Record<string, string>;
  readonly usageIntervalSeconds: number;
  readonly json: boolean;
  /** New samples are told where only changes would be. */
  readonly withSamples: boolean;
};

/** How often running instances are told for the sake of their usage, in seconds, when nobody says otherwise. */
const usageIntervalSeconds = 2;

/**
 * Shows instances and what becomes of them until it is ended: a table on a terminal, elsewhere and with `json` a line a change.
 * Ends with 130 at Ctrl-C, with 0 when nobody reads any more, and with 8 when the time is over.
 *
 * @throws UsageError before the host is asked
 */
export async function watchStatusCommand(terminal: Terminal, names: readonly string[], options: StatusOptions): Promise<number> {
  const plan = watchPlan(names, options);
  return await withHost(terminal, options, (session) => watch(session, plan), {
    wait: { what: "the state of the instances" },
    isJsonStream: true,
  });
}

function watchPlan(names: readonly string[], { label = [], interval, json = false }: StatusOptions): WatchPlan {
  const seconds = interval === undefined ? usageIntervalSeconds : parseDuration(interval) / 1000;
  if (!Number.isInteger(seconds) || seconds < 1) throw new UsageError(`--interval is in whole seconds, not "${interval}"`);
  return {
    names: [...new Set(names)],
    labels: parseLabels(label),
    usageIntervalSeconds: seconds,
    json,
    withSamples: interval !== undefined,
  };
}

async function watch(session: Session, plan: WatchPlan): Promise<number> {
  const { signal, isOutOfTime } = streamLimits(session);
  const watched = new WatchedInstances();
  const view = viewOf(session, watched, plan);
  const outages = new Outages();
  const request = {
    filter: { names: [...plan.names], labels: plan.labels },
    usageIntervalSeconds: plan.usageIntervalSeconds,
    signal,
    onReconnect: (attempt: Attempt) => {
      const cause = outages.lost("watch", attempt);
      if (cause !== undefined) view.lost(cause);
    },
    onReconnected: () => {
      if (outages.back("watch")) view.back();
    },
  };
  try {
    for await (const item of watchInstances(session.client, request)) {
      for (const change of watched.take(item)) view.changed(change);
      if (item.type === "synced") view.synced();
    }
  } finally {
    view.close();
  }
  return isOutOfTime() ? outOfTime(session, plan.json) : endCode(session.terminal);
}

function viewOf(session: Session, watched: WatchedInstances, { names, json, withSamples }: WatchPlan): WatchView {
  const { terminal } = session;
  if (json || terminal.screen === undefined) return new WatchLines(terminal, { watched, names, json, withSamples });
  return new WatchPage(session, { screen: terminal.screen, watched, names });
}

function outOfTime({ terminal, change: { timeoutMs = 0 } }: Session, json: boolean): number {
  const seconds = timeoutMs / 1000;
  const error = new TimeOutError(`watched the instances for ${seconds} s`, "");
  if (json) printJsonLine(terminal, failureDocument(error, terminal));
  printNotice(terminal, `the ${seconds} s of --timeout are over; without --timeout it goes on`);
  return 8;
}

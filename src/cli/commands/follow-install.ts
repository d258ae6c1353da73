import {
  type FollowInstallOptions,
  followInstall,
  type InstallItem,
  type InstallJob,
  InstallJobSchema,
  type InstallLine,
  InstallPhase,
  isJobOver,
} from "../../client/index.ts";
import { failureDocument } from "../failures/failure-document.ts";
import { TimeOutError } from "../failures/time-out.ts";
import { UsageError } from "../failures/usage-error.ts";
import { InstallBar } from "../install/install-bar.ts";
import { InstallLines } from "../install/install-lines.ts";
import type { InstallOptions } from "../install/install-options.ts";
import { reportOutcome } from "../install/install-outcome.ts";
import { activityOf, jobHint, runningAlready } from "../install/install-text.ts";
import type { InstallView } from "../install/install-view.ts";
import { tellOutages } from "../install/tell-outages.ts";
import { messageJson, printJson } from "../output/json-output.ts";
import { printNotice } from "../output/notice.ts";
import { printable, type Terminal } from "../output/terminal.ts";
import type { Session } from "../session.ts";
import { endCode, streamLimits } from "../stream-limits.ts";
import { withHost } from "../with-host.ts";
import { lastLines } from "./install-job.ts";

/**
 * Has the host install the game and shows how it gets on, or only starts it (`detach`). The job belongs to the host: leaving ends
 * only the watching.
 *
 * @throws UsageError for an empty job, as an unset variable of a script is: it would begin one
 */
export async function followInstallCommand(terminal: Terminal, options: InstallOptions): Promise<number> {
  if (options.attach === "")
    throw new UsageError("--attach takes the name of a job, not an empty one; install --status shows the last job");
  const use = (session: Session) => (options.detach === true ? detach(session, options) : follow(session, options));
  return await withHost(terminal, options, use, { wait: { what: "the installation", goesOn: true } });
}

/** What to ask for, and the job that ran before it was asked. */
type Plan = { readonly request: FollowInstallOptions; readonly before?: InstallJob };

/**
 * Looks at the host first, so that a wrong address is an error; from then on every loss of the connection is got over, also one
 * before the host has named the job.
 */
async function planOf({ client, read }: Session, options: InstallOptions): Promise<Plan> {
  const { attach, validate = false, activate, bootstrapSteamcmd = false } = options;
  if (attach !== undefined) return { request: { jobId: attach } };
  const { job } = await client.installation.getInstallation({}, read);
  const request = { validate, keepActiveBuild: !activate, bootstrapSteamcmd, retryFirst: true };
  return job === undefined || isJobOver(job) ? { request } : { request, before: job };
}

async function detach(session: Session, options: InstallOptions): Promise<number> {
  const { terminal } = session;
  const { signal, isOutOfTime } = streamLimits(session);
  const notice = (text: string) => printNotice(terminal, text);
  const { request, before } = await planOf(session, options);
  for await (const item of followInstall(session.client, { ...request, ...tellOutages(notice), signal })) {
    if (item.type !== "job") continue;
    const { job } = item;
    if (job.id === before?.id) notice(`${runningAlready(job, options)}; none was begun`);
    if (options.json !== true) terminal.out(`${printable(job.id)}\n`);
    if (isJobOver(job) && job.phase !== InstallPhase.SUCCEEDED) return await reportOutcome(session, job, options);
    if (options.json === true) printJson(terminal, messageJson(InstallJobSchema, job));
    else terminal.err(`the host installs the game; ${printable(jobHint(job, options))}\n`);
    return 0;
  }
  return unfinished(session, options, undefined, isOutOfTime());
}

async function follow(session: Session, options: InstallOptions): Promise<number> {
  const { signal, isOutOfTime } = streamLimits(session);
  const { request, before } = await planOf(session, options);
  const watch = new InstallWatch(session.terminal, options, before);
  try {
    for await (const item of followInstall(session.client, { ...request, ...tellOutages(watch.notice), signal })) watch.take(item);
  } finally {
    watch.close();
  }
  const { job, tail } = watch;
  if (job === undefined || !isJobOver(job)) return unfinished(session, options, job, isOutOfTime());
  return await reportOutcome(session, job, { ...options, lines: tail });
}

/** Shows what is told of a job, and remembers what its end needs. */
class InstallWatch {
  job: InstallJob | undefined;
  /** The last lines, as far as they were not shown. */
  tail: readonly InstallLine[] = [];
  readonly #options: InstallOptions;
  readonly #before: InstallJob | undefined;
  readonly #view: InstallView;

  /** @param before a job that ran before one was asked for */
  constructor(terminal: Terminal, options: InstallOptions, before: InstallJob | undefined) {
    this.#options = options;
    this.#before = before;
    this.#view = terminal.isErrTty && terminal.env["TERM"] !== "dumb" ? new InstallBar(terminal) : new InstallLines(terminal);
  }

  take(item: InstallItem): void {
    const isVerbose = this.#options.verbose === true;
    if (item.type === "job") {
      if (this.job === undefined) this.#first(item.job);
      this.job = item.job;
      this.#view.job(item.job);
    } else if (item.type === "gap") {
      if (isVerbose) this.#view.notice(`${item.lost} ${item.lost === 1n ? "line" : "lines"} lost: the host keeps only the last ones`);
    } else if (isVerbose) this.#view.line(item.line);
    else this.tail = [...this.tail, item.line].slice(-lastLines);
  }

  /** A remark about the watching. */
  readonly notice = (text: string): void => this.#view.notice(text);

  close(): void {
    this.#view.close();
  }

  /** Somebody else's job is attached to: what was asked for here is not what happens. */
  #first(job: InstallJob): void {
    if (job.id !== this.#before?.id) return;
    this.#view.notice(`${runningAlready(job, this.#options)}; watching it`);
  }
}

/** The watching ended before the job did. */
function unfinished(
  { terminal, change, next }: Session,
  options: InstallOptions,
  job: InstallJob | undefined,
  isOutOfTime: boolean,
): number {
  const seen = job === undefined ? "nothing was heard of it" : `last seen: ${activityOf(job)}`;
  const hint =
    job === undefined ? `look whether it began: ${next("install --status")}` : `the host goes on with it; ${jobHint(job, options)}`;
  if (isOutOfTime) throw new TimeOutError(`waited ${(change.timeoutMs ?? 0) / 1000} s for the installation; ${seen}`, hint);
  if (options.json === true) printJson(terminal, failureDocument(new Error("interrupted"), terminal));
  terminal.err(`${printable(`only the watching has ended; ${seen}`)}\nhint: ${printable(hint)}\n`);
  return endCode(terminal);
}

import { invalidRequest, notImplemented, shuttingDown } from "../../domain/failures.ts";
import type { InstallJob } from "../../domain/install-job.ts";
import type { Caller, InstallEvent, InstallRequest } from "../api.ts";
import type { HostContext } from "../host-context.ts";
import { jobError } from "./install-failure.ts";
import type { InstallJobs } from "./install-jobs.ts";

/** Installs the game, or attaches to the job that does. See InstallationService.InstallGame. */
export async function* installGame(context: HostContext, request: InstallRequest, caller: Caller): AsyncGenerator<InstallEvent> {
  const jobs = jobsOf(context);
  const { jobId, afterSequence } = request;
  if (jobId === "" && afterSequence > 0) throw invalidRequest("after_sequence", "needs the job_id of the job that it counts lines of");
  if (jobId === "" && context.closing.aborted) throw shuttingDown();
  const id = jobId === "" ? (await jobs.begin(request, caller.identity)).id : jobId;
  let last: InstallJob | undefined; // who reads slowly may find another job behind its end
  for await (const event of jobs.follow(id, afterSequence, AbortSignal.any([caller.signal, context.closing]))) {
    if (event.type === "job") last = event.job;
    yield event;
  }
  const error = last === undefined ? undefined : jobError(last);
  if (error !== undefined) throw error;
}

/** The host's jobs. @throws HostError NOT_IMPLEMENTED on a host that cannot run SteamCMD */
export function jobsOf({ jobs }: HostContext): InstallJobs {
  if (jobs === undefined)
    throw notImplemented("install_game", "installing the game through SteamCMD (upload an installation with ImportBuild instead)");
  return jobs;
}

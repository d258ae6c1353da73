import { CancelInstallResponseSchema, type GetInstallationResponse, GetInstallationResponseSchema } from "../../client/index.ts";
import { UsageError } from "../failures/usage-error.ts";
import type { InstallOptions } from "../install/install-options.ts";
import { printLines } from "../install/install-outcome.ts";
import { jobState } from "../install/install-text.ts";
import { ageOf } from "../output/contract-words.ts";
import { messageJson, printJson } from "../output/json-output.ts";
import { formatPairs } from "../output/table.ts";
import { printable, type Terminal } from "../output/terminal.ts";
import { withHost } from "../with-host.ts";

/** So many of a job's last lines are shown. The host tells 200, which `verbose` shows. */
export const lastLines = 10;

/**
 * Cancels the running job, or only the one that is named. One that does not run leaves nothing to do, which is a success.
 *
 * @throws UsageError for an empty name, as an unset variable of a script is: it would mean whichever job runs
 */
export async function cancelInstallCommand(terminal: Terminal, options: InstallOptions): Promise<number> {
  if (options.cancel === "") throw new UsageError("--cancel takes a job, or nothing at all for the running one, but not an empty name");
  const jobId = typeof options.cancel === "string" ? options.cancel : "";
  return await withHost(
    terminal,
    options,
    async ({ client, change }) => {
      const answer = await client.installation.cancelInstall({ jobId }, change);
      const { job, changed } = answer;
      if (options.json === true) printJson(terminal, messageJson(CancelInstallResponseSchema, answer));
      else if (job === undefined) terminal.out("nothing to cancel: the host has had no job\n");
      else if (changed) terminal.out(`job ${printable(job.id)}: cancelled\n`);
      else terminal.out(`nothing to cancel; ${jobId === "" ? "the last job" : "job"} ${printable(`${job.id}: ${jobState(job)}`)}\n`);
      return 0;
    },
    { wait: { what: "the installation to be cancelled", goesOn: true } },
  );
}

/** Shows the running or the last job with its last lines. That a job has failed is no failure of the look at it. */
export function showInstallCommand(terminal: Terminal, options: InstallOptions): Promise<number> {
  return withHost(
    terminal,
    options,
    async ({ client, read }) => {
      const answer = await client.installation.getInstallation({}, read);
      if (options.json === true) printJson(terminal, messageJson(GetInstallationResponseSchema, answer));
      else show(terminal, answer, options.verbose === true);
      return 0;
    },
    { wait: { what: "the state of the installation" } },
  );
}

function show(terminal: Terminal, { activeBuild, job, logLines }: GetInstallationResponse, isWhole: boolean): void {
  const active = ["active build", activeBuild?.id ?? "none"] as const;
  if (job === undefined) return terminal.out(formatPairs([["job", "none yet"], active]));
  terminal.out(
    formatPairs([
      ["job", job.id],
      ["state", jobState(job)],
      ["cure", job.failure?.cure ?? ""],
      ["began", agoOf(job.startTime)],
      ["ended", agoOf(job.endTime)],
      ["base build", job.baseBuildId],
      active,
    ]),
  );
  const lines = isWhole ? logLines : logLines.slice(-lastLines);
  printLines({ err: (text) => terminal.out(text) }, lines);
}

function agoOf(time: Parameters<typeof ageOf>[0]): string {
  const age = ageOf(time);
  return age === "" ? "" : `${age} ago`;
}

import { setTimeout as sleep } from "node:timers/promises";
import { ErrorReason, type HostClient, InstallPhase } from "../../../src/client/index.ts";
import type { Random } from "../random.ts";
import { installGame } from "../steam-host.ts";
import { whenReachable } from "../when-reachable.ts";
import { type LoadReport, note } from "./mixed-load.ts";

/** What became of the builds. */
export type BuildReport = {
  installed: number;
  upToDate: number;
  cancelled: number;
  /** The daemon was killed while it started or cancelled the installer: nothing was published, and the job says so. */
  interrupted: number;
  activated: number;
  /** Builds that a job reported as published, by its id. */
  readonly published: string[];
};

/** Builds that Steam has in turn; what it has had before is there again as a build of its own. */
const firstBuild = 2000;

/** A build that is too old goes behind an installation: then it cannot be activated any more. */
const expected = new Set(["BUILD_NOT_FOUND", "INSTALL_CANCELLED", "SHUTTING_DOWN", "JOB_NOT_FOUND"]);

/** Installations, activations and cancellations, until `signal` aborts. @param remote sets the build that Steam has */
export async function loadBuilds(
  client: HostClient,
  remote: (buildId: string) => void,
  random: Random,
  report: LoadReport,
  signal: AbortSignal,
): Promise<BuildReport> {
  const builds: BuildReport = { installed: 0, upToDate: 0, cancelled: 0, interrupted: 0, activated: 0, published: [] };
  for (let number = firstBuild; !signal.aborted; ) {
    const verb = random.pick(["install", "install", "install", "install again", "cancel", "activate"] as const);
    if (verb === "install") remote(String(++number));
    report.calls += 1;
    try {
      if (verb === "activate") await activateOne(client, random, builds);
      else await install(client, builds, random, signal, verb === "cancel");
      report.answered += 1;
    } catch (error) {
      if (!signal.aborted && note(report, verb, error, expected) === "lost") await whenReachable(client, signal);
    }
    await sleep(random.between(0, 1500));
  }
  return builds;
}

/** Follows a job to its end, across the deaths of the daemon. */
async function install(client: HostClient, builds: BuildReport, random: Random, signal: AbortSignal, isCancelled: boolean): Promise<void> {
  const delayed = isCancelled ? cancelSoon(client, random.between(0, 3000)) : undefined;
  const job = await installGame(client, { signal, maximumDelayMs: 500 });
  await delayed;
  if (job.phase === InstallPhase.SUCCEEDED && !job.upToDate) builds.published.push(job.buildId);
  if (job.phase === InstallPhase.SUCCEEDED) builds[job.upToDate ? "upToDate" : "installed"] += 1;
  else if (job.phase === InstallPhase.CANCELLED) builds.cancelled += 1;
  else if (job.failure?.reason === ErrorReason.INSTALL_INTERRUPTED) builds.interrupted += 1;
  else throw new Error(`the installation failed: ${job.failure?.reason}: ${job.failure?.cause}`);
}

async function cancelSoon(client: HostClient, delayMs: number): Promise<void> {
  await sleep(delayMs);
  await client.installation.cancelInstall({}).catch(() => undefined); // the daemon may be away: then it goes on
}

async function activateOne(client: HostClient, random: Random, builds: BuildReport): Promise<void> {
  const { builds: found } = await client.installation.listBuilds({});
  if (found.length === 0) return;
  await client.installation.activateBuild({ buildId: random.pick(found).id });
  builds.activated += 1;
}

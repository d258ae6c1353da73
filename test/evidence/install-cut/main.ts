/**
 * Cuts the power of a whole host at random moments of installations, and boots it again each time.
 *
 * Moments of every part: while the stage is made, SteamCMD downloads, the layer is made, the build is published, old ones are removed,
 * a tall one is squashed. Proves after each cut: the daemon opens; every build that is listed is whole, byte by byte; the active one is
 * the old or the new one, and a game starts on it; the job is known to have ended; nothing of a stage is left; the next installation
 * succeeds.
 */
import { readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type Build, InstallPhase } from "../../../src/client/index.ts";
import { BootingHost } from "../../hosts/booting-host.ts";
import type { Evidence, EvidenceOptions, EvidenceResult } from "../evidence.ts";
import { Random } from "../random.ts";
import { buildFile, installGame, setSteam } from "../steam-host.ts";
import { wholeness } from "./wholeness.ts";

const name = "cut-game";

export const installCut: Evidence = {
  title: "power cuts of a systemd host at random moments of installations (root, test hosts)",
  rounds: { short: 2, long: 30 },
  async run(options) {
    const host = await BootingHost.create("install-cut");
    try {
      return await cutInstallations(host, options);
    } finally {
      await host.end();
    }
  },
};

async function cutInstallations(host: BootingHost, { seed, rounds, log }: EvidenceOptions): Promise<EvidenceResult> {
  const random = new Random(seed);
  const problems: string[] = [];
  const figures = { cuts: 0, jobsInterrupted: 0, jobsThatHadSucceeded: 0, jobsThatWentOn: 0 };
  await installNumber(host, 1000);
  await host.client.instances.initializeInstance({ name, spec: { port: 27_310 } });
  for (let round = 1; round <= rounds; round += 1) {
    const number = 1000 + 2 * round;
    const before = await host.client.installation.getInstallation({});
    setSteam(host, steamOf(number));
    const installing = installGame(host.client, { maximumDelayMs: 100 }).catch(() => undefined);
    // The whole of it takes some four seconds; a cut behind its end is one as well.
    await sleep(random.between(0, 6000));
    await host.cut();
    figures.cuts += 1;
    void installing;
    await host.boot({ daemon: "healthy" });
    await host.atRest();
    const found = await inspect(host, before.activeBuild, number, figures);
    const repaired = await installNumber(host, number + 1);
    found.push(...repaired, ...(await startsOn(host, number + 1)));
    if (found.length > 0) found.push(await host.daemonLog());
    problems.push(...found.map((problem) => `round ${round}: ${problem}`));
    log(`${round} of ${rounds} cuts; ${problems.length} problems; ${JSON.stringify(figures)}`);
    if (problems.length > 20) break;
  }
  return { problems, figures };
}

function steamOf(number: number) {
  const big = [
    { path: "left4dead2/pak01_000.vpk", bytes: 20_000_000 },
    { path: `left4dead2/pak01_${number % 7}.vpk`, bytes: 2_000_000 },
  ];
  return { build_id: String(number), download_ms: 800, big_files: big };
}

async function installNumber(host: BootingHost, number: number): Promise<string[]> {
  setSteam(host, steamOf(number));
  const job = await installGame(host.client);
  return job.phase === InstallPhase.SUCCEEDED ? [] : [`the installation of ${number} failed: ${job.failure?.cause}`];
}

/** What must be true after a cut. */
async function inspect(
  host: BootingHost,
  before: Build | undefined,
  number: number,
  figures: { jobsInterrupted: number; jobsThatHadSucceeded: number; jobsThatWentOn: number },
): Promise<string[]> {
  const problems: string[] = [];
  const wasOver = (await host.client.installation.getInstallation({})).job?.endTime !== undefined;
  const { job, activeBuild } = await jobAtRest(host);
  if (job?.phase === InstallPhase.SUCCEEDED && wasOver) figures.jobsThatHadSucceeded += 1;
  else if (job?.phase === InstallPhase.SUCCEEDED) figures.jobsThatWentOn += 1;
  else figures.jobsInterrupted += 1;
  if (activeBuild === undefined) return ["no build is active"];
  if (activeBuild.id !== before?.id && activeBuild.steamBuildId !== String(number))
    problems.push(`the active build is ${activeBuild.steamBuildId}, neither the old one nor ${number}`);
  problems.push(...(await startsOn(host, Number(activeBuild.steamBuildId))));
  const { builds } = await host.client.installation.listBuilds({});
  problems.push(...(await wholeness(host, builds)));
  const left = readdirSync(host.path("layers")).filter((entry) => entry.startsWith("."));
  if (left.length > 0) problems.push(`left in layers/: ${left.join()}`);
  const stage = (await host.sh("ls -A /var/lib/left4me/runtime/.stage | grep -vx merged || true")).trim();
  if (stage !== "") problems.push(`left of a stage: ${stage}`);
  return problems;
}

/** The job when it has ended: publishing may go on behind a boot. */
async function jobAtRest(host: BootingHost) {
  for (const end = Date.now() + 120_000; Date.now() < end; await sleep(100)) {
    const found = await host.client.installation.getInstallation({});
    if (found.job?.endTime !== undefined) return found;
  }
  throw new Error("the installation does not end after a boot");
}

async function startsOn(host: BootingHost, number: number): Promise<string[]> {
  try {
    await host.client.instances.restartInstance({ name });
    const seen = (await host.sh(`cat /var/lib/left4me/runtime/${name}/merged/${buildFile}`)).trim();
    await host.client.instances.stopInstance({ name });
    return seen === `build ${number}` ? [] : [`the game runs on ${seen}, not on build ${number}`];
  } catch (error) {
    return [`the game does not start: ${String(error)}`];
  }
}

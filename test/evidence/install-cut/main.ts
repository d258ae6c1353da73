/**
 * Cuts the power of a whole host in the middle of installations, and boots it again each time.
 *
 * A third of the cuts comes at any moment. The others are aimed at what changes the builds: while the layer is made and published,
 * while old builds and the stage are removed, while a tall build is squashed. A cut counts when the job had not ended by then: what its
 * record says behind the boot decides. Proves after each cut: the daemon opens; every build that is listed is whole, byte by byte;
 * the active one is the old or the new one, and a game starts on it; the job is known to have ended; nothing of a stage is left; the
 * next installation succeeds.
 */
import { readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { type Build, type InstallJob, InstallPhase } from "../../../src/client/index.ts";
import { BootingHost } from "../../hosts/booting-host.ts";
import type { Evidence, EvidenceOptions, EvidenceResult } from "../evidence.ts";
import { Random } from "../random.ts";
import { buildFile, installGame, setSteam } from "../steam-host.ts";
import { type InstallPart, WatchedInstall } from "./watched-install.ts";
import { wholeness } from "./wholeness.ts";

const name = "cut-game";
/** At this many layers the next installation squashes the build first. */
const tallLayers = 8;
/** What cuts are aimed at in turn; undefined: any moment. A tall build is aimed at whenever there is one. */
const targets: readonly (InstallPart | undefined)[] = [undefined, "publishing", "removing old ones"];
/** A cut comes so many milliseconds behind the beginning of its target, at the most: so long they last, more or less. */
const mostDelayMs = { anyMoment: 3500, squashing: 250, publishing: 400, removing: 120 } as const;
/** Some cuts come too late, and prove the same without being counted. */
const mostTries = 3;

type Figures = {
  /** Cuts in the middle of a job, by what it was at. */
  cuts: number;
  readonly cutsWhile: Partial<Record<InstallPart, number>>;
  /** Cuts behind the end of a job. */
  cutsTooLate: number;
  jobsInterrupted: number;
  jobsThatWentOn: number;
  /** The daemon had told of the job, and not yet written it down. */
  jobsForgotten: number;
};

export const installCut: Evidence = {
  title: "power cuts of a systemd host in the middle of installations (root, test hosts)",
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
  const figures: Figures = { cuts: 0, cutsWhile: {}, cutsTooLate: 0, jobsInterrupted: 0, jobsThatWentOn: 0, jobsForgotten: 0 };
  await installNumber(host, 1000);
  await host.client.instances.initializeInstance({ name, spec: { port: 27_310 } });
  for (let round = 1; figures.cuts < rounds && round <= mostTries * rounds; round += 1) {
    const number = 1000 + 2 * round;
    const { activeBuild } = await host.client.installation.getInstallation({});
    setSteam(host, steamOf(number));
    const target = (activeBuild?.layerCount ?? 0) >= tallLayers ? "squashing" : targets[round % targets.length];
    const cut = await cutDuringInstall(host, target, random);
    await host.boot({ daemon: "healthy" });
    await host.atRest();
    const found = await inspect(host, activeBuild, number, cut, figures);
    const repaired = await installNumber(host, number + 1);
    found.push(...repaired, ...(await startsOn(host, number + 1)));
    if (found.length > 0) found.push(await host.daemonLog());
    problems.push(...found.map((problem) => `round ${round}, cut while ${cut.part}: ${problem}`));
    log(`${figures.cuts} of ${rounds} cuts; ${problems.length} problems; ${JSON.stringify(figures)}`);
    if (problems.length > 20) break;
  }
  if (figures.cuts < rounds) problems.push(`only ${figures.cuts} of ${rounds} cuts came in the middle of a job`);
  return { problems, figures };
}

type Cut = { readonly jobId: string | undefined; readonly part: InstallPart; readonly time: Date };

/** Begins an installation and cuts the power when it has come to `target`, or a random time later. */
async function cutDuringInstall(host: BootingHost, target: InstallPart | undefined, random: Random): Promise<Cut> {
  const install = new WatchedInstall(host);
  await install.reach(target);
  await sleep(random.between(0, delayOf(target)));
  const cut = { jobId: install.id, part: install.part, time: new Date() };
  await host.cut();
  install.leave();
  return cut;
}

function delayOf(target: InstallPart | undefined): number {
  if (target === "squashing") return mostDelayMs.squashing;
  if (target === "publishing") return mostDelayMs.publishing;
  return target === undefined ? mostDelayMs.anyMoment : mostDelayMs.removing;
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
async function inspect(host: BootingHost, before: Build | undefined, number: number, cut: Cut, figures: Figures): Promise<string[]> {
  const problems: string[] = [];
  const { job, activeBuild } = await jobAtRest(host);
  count(cut, job, figures);
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

/** Counts a cut where it belongs. A job that ended later than the cut was ended by the next daemon. */
function count(cut: Cut, job: InstallJob | undefined, figures: Figures): void {
  const isForgotten = job?.id !== cut.jobId;
  const endTime = job?.endTime;
  if (!isForgotten && endTime !== undefined && timestampDate(endTime) <= cut.time) {
    figures.cutsTooLate += 1;
    return;
  }
  figures.cuts += 1;
  figures.cutsWhile[cut.part] = (figures.cutsWhile[cut.part] ?? 0) + 1;
  if (isForgotten) figures.jobsForgotten += 1;
  else if (job?.phase === InstallPhase.SUCCEEDED) figures.jobsThatWentOn += 1;
  else figures.jobsInterrupted += 1;
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

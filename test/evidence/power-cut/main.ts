/**
 * Cuts the power of a whole host at random moments while instances are started, stopped, reset, initialized and deleted and
 * builds and overlays are imported, and boots it again each time, every other time with a daemon that does not start.
 *
 * A cut is real: the file system is shut down without a flush, then every process is killed. Proves: the daemon opens; every
 * instance, overlay and build is in its old state or its new one; nothing half-made is left; what was wished to run runs
 * again, without a daemon too; and every instance starts.
 */
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { importBuild, importOverlay, WaitFor } from "../../../src/client/index.ts";
import { BootingHost } from "../../hosts/booting-host.ts";
import type { Evidence, EvidenceOptions, EvidenceResult } from "../evidence.ts";
import { Random } from "../random.ts";
import { archiveOf } from "./contents.ts";
import { compare, inspectFiles, inspectUnits } from "./inspect.ts";
import { Knowledge, load, overlayRef } from "./load.ts";
import { after } from "./possible-states.ts";

const names = ["cut-1", "cut-2", "cut-3", "cut-4"];
const firstPort = 27_300;

export const powerCut: Evidence = {
  title: "power cuts of a systemd host at random moments under a mixed load (root, test hosts)",
  rounds: { short: 3, long: 50 },
  async run(options) {
    const host = await BootingHost.create("power-cut");
    try {
      return await cutAgainAndAgain(host, options);
    } finally {
      await host.end();
    }
  },
};

async function cutAgainAndAgain(host: BootingHost, { seed, rounds, log }: EvidenceOptions): Promise<EvidenceResult> {
  const random = new Random(seed);
  const knowledge = new Knowledge(names, firstPort);
  await importBuild(host.client, archiveOf("build", "one"));
  await importOverlay(host.client, overlayRef, archiveOf("overlay", "one"));
  const problems: string[] = [];
  const figures = { cuts: 0, bootsWithoutDaemon: 0, runningAfterBoot: 0, runningWithoutDaemon: 0, unsyncedFilesLost: 0 };
  for (let round = 1; round <= rounds; round += 1) {
    const isBroken = round % 2 === 0;
    await cutUnderLoad(host, knowledge, random, round);
    figures.cuts += 1;
    await host.boot({ daemon: isBroken ? "broken" : "healthy" });
    const found: string[] = [];
    if (isBroken) {
      figures.bootsWithoutDaemon += 1;
      const { ran, problems: units } = await inspectWithoutDaemon(host);
      figures.runningWithoutDaemon += ran;
      found.push(...units);
      await host.mendDaemon();
    }
    found.push(...(await inspectAfterBoot(host, knowledge)));
    if (lostCanary(host, round)) figures.unsyncedFilesLost += 1;
    figures.runningAfterBoot += [...knowledge.instances.values()].filter(({ all }) => all[0]?.wish === "RUNNING").length;
    found.push(...(await startEach(host, knowledge)), ...(await inspectFiles(host)));
    if (found.length > 0) found.push(await host.daemonLog());
    problems.push(...found.map((problem) => `round ${round}: ${problem}`));
    log(`${round} of ${rounds} cuts; ${problems.length} problems; ${JSON.stringify(knowledge.calls)}`);
    if (problems.length > 30) break;
  }
  problems.push(...knowledge.unexpected.map((text) => `unexpected answer: ${text}`));
  const { calls, lost, refused } = knowledge;
  return { problems, figures: { ...figures, calls, lost, refused } };
}

async function cutUnderLoad(host: BootingHost, knowledge: Knowledge, random: Random, round: number): Promise<void> {
  const end = new AbortController();
  knowledge.isCutting = false;
  const work = load(host.client, knowledge, random, end.signal);
  await sleep(random.between(50, 2500));
  writeFileSync(host.path(`canary-${round}`), "canary"); // and no fsync
  knowledge.isCutting = true;
  await host.cut();
  end.abort();
  await work;
}

/** Whether what was written without fsync(2) just before the cut is gone: the proof that a cut loses something. */
function lostCanary(host: BootingHost, round: number): boolean {
  try {
    return readFileSync(host.path(`canary-${round}`), "utf8") !== "canary";
  } catch {
    return true;
  }
}

/** Without a daemon runs exactly what the records wish and what had been ordered before. */
async function inspectWithoutDaemon(host: BootingHost): Promise<{ ran: number; problems: string[] }> {
  const problems: string[] = [];
  let ran = 0;
  if (!/^(failed|activating|inactive)/.test(await host.sh("systemctl is-active left4me-hostd.service || true")))
    problems.push("the broken daemon runs");
  await host.sh("for ((i = 0; i < 1200; i++)); do systemctl list-jobs --no-legend | grep -q left4me-server || break; sleep 0.1; done");
  for (const name of readdirSync(host.path("instances"))) {
    const { wish, isOrdered } = recordOf(host, name);
    const { active } = await host.gameOf(name);
    if (active) ran += 1;
    // A first start that was cut off before its order was complete has nothing that could run.
    if (active !== (wish === "RUNNING" && isOrdered)) problems.push(`${name}, without a daemon: the wish is ${wish}, active ${active}`);
  }
  return { ran, problems };
}

function recordOf(host: BootingHost, name: string): { wish: string; isOrdered: boolean } {
  try {
    const record = JSON.parse(readFileSync(host.path("instances", name, "record.json"), "utf8")) as { desiredState: string };
    const isOrdered = readdirSync(host.path("instances", name)).includes("current");
    if (isOrdered) readlinkSync(host.path("instances", name, "current"));
    return { wish: record.desiredState, isOrdered };
  } catch {
    return { wish: "no record", isOrdered: false };
  }
}

async function inspectAfterBoot(host: BootingHost, knowledge: Knowledge): Promise<string[]> {
  await host.atRest();
  const problems = await compare(host, knowledge);
  const said = (await host.daemonLog()).split("\n").filter((line) => /STATE_DAMAGED|cannot be used|"level":"error"/.test(line));
  problems.push(...said.map((line) => `the daemon says: ${line}`));
  // A game that has just been started by left4me-boot may still be on its way.
  for (const end = Date.now() + 120_000; Date.now() < end; await sleep(100)) if ((await inspectUnits(host)).length === 0) return problems;
  return [...problems, ...(await inspectUnits(host))];
}

/** Every instance starts, and shows the configuration that its record has. */
async function startEach(host: BootingHost, { instances }: Knowledge): Promise<string[]> {
  const problems: string[] = [];
  for (const [name, possible] of instances) {
    const [state] = possible.all;
    if (state?.exists !== true) continue;
    try {
      await host.client.instances.restartInstance({ name, waitFor: WaitFor.ACTIVE });
      possible.answered((one) => after("restart", 0, one));
      const cfg = readFileSync(host.path("runtime", name, "merged/left4dead2/cfg/server.cfg"), "utf8");
      if (!cfg.includes(`hostname "${state.mark}"`)) problems.push(`${name} runs with ${JSON.stringify(cfg)}, not with ${state.mark}`);
    } catch (error) {
      problems.push(`${name} does not start: ${String(error)}`);
    }
  }
  await host.atRest();
  return problems;
}

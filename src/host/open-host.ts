import { randomUUID } from "node:crypto";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { shuttingDown } from "../domain/failures.ts";
import { type HostLayout, hostLayout } from "../domain/host-layout.ts";
import { isOver } from "../domain/install-job.ts";
import { BuildStore } from "./builds/build-store.ts";
import type { HostDriver, RuntimeIdentity } from "./driver.ts";
import { isOfDisk } from "./files/disk-error.ts";
import { readJsonFile, sweepTemporaryFiles, writeFileDurably } from "./files/durable-file.ts";
import { removeTree } from "./files/remove-tree.ts";
import { GenerationStore } from "./generations/generation-store.ts";
import { Host } from "./host.ts";
import type { HostContext, ReadinessProbe } from "./host-context.ts";
import type { HostLog } from "./host-log.ts";
import { takeBackBuild } from "./install/delete-build.ts";
import { InstallJobs, type InstallJobsContext } from "./install/install-jobs.ts";
import { clearHalfMade, loadRecords, type StoredInstances } from "./instances/instance-record.ts";
import { InstanceRegistry } from "./instances/instance-registry.ts";
import { loadExit, observeRuntime } from "./instances/observe-runtime.ts";
import { portProbe, watchReadiness } from "./instances/readiness.ts";
import { recallMounted } from "./instances/recall-mounted.ts";
import { UsageSampler } from "./instances/usage-sampler.ts";
import { OperationTable } from "./life-cycle/operation-table.ts";
import { recoverInstances } from "./life-cycle/recover.ts";
import { bootId } from "./machine.ts";
import { HandPlacedOverlays } from "./overlays/hand-placed.ts";
import { collectBuilds, collectOverlayVersions } from "./overlays/layers-in-use.ts";
import { OverlayStore } from "./overlays/overlay-store.ts";
import { LogPacer } from "./streams/log-pacer.ts";
import { Turns } from "./turns.ts";

/** What a host is made of. */
export type OpenHostOptions = {
  /** LEFT4ME_ROOT, absolute. Created when missing. */
  readonly root: string;
  readonly driver: HostDriver;
  /** Of the daemon, as GetHost tells it. */
  readonly version: string;
  /** Default: no log. */
  readonly log?: HostLog;
  /** Default: a process of the game holds its port. */
  readonly probe?: ReadinessProbe;
  /** Silence on a stream before a heartbeat, in seconds. Default: 15. */
  readonly heartbeatSeconds?: number;
  /** So many archives of an instance are kept, at least 1. Default: 5. */
  readonly keepArchives?: number;
  /** How long a start waits for readiness, in seconds. Default: 120. */
  readonly readyTimeoutSeconds?: number;
  /** So many of the newest builds are kept behind an installation; 0 keeps all. Default: 3. */
  readonly keepBuilds?: number;
};

const hostFileSchema = z.object({ id: z.string().min(1), bootId: z.string(), epoch: z.number().int() });

/**
 * Opens the host below a root: reads what is kept there, takes up what runs, and begins to go on with what was interrupted.
 *
 * One process at a time may have a root open; the daemon sees to that.
 * @throws HostError DRIVER_UNAVAILABLE when the driver cannot run games here, STATE_DAMAGED when host.json cannot be read
 */
export async function openHost(options: OpenHostOptions): Promise<Host> {
  const layout = hostLayout(options.root);
  await prepareRoot(layout, options.log ?? (() => {}));
  await options.driver.check();
  const { id, epoch, booted } = await identify(layout, options.log);
  const closing = new AbortController();
  const context = await contextOf(options, layout, id, epoch, closing.signal);
  await takeUp(context, await loadRecords(layout));
  await takeUpBuilds(context);
  void recoverInstances(context, booted);
  return new Host(context, options.version, () => {
    context.usage.close();
    closing.abort(shuttingDown());
  });
}

function runningNames(registry: InstanceRegistry): string[] {
  return [...registry.entries()].filter(({ runtime }) => runtime.mainPid !== 0).map(({ record }) => record.name);
}

async function prepareRoot(layout: HostLayout, log: HostLog): Promise<void> {
  for (const directory of [layout.root, layout.runtime]) await mkdir(directory, { recursive: true, mode: 0o755 });
  // The game reaches its layers through its mount only, never directly: 0700 above them.
  for (const directory of [layout.instances, layout.overlays, layout.overlayVersions, layout.layers, layout.builds])
    await mkdir(directory, { recursive: true, mode: 0o700 });
  await mkdir(layout.tmp, { recursive: true, mode: 0o700 });
  // Emptied, and not made again: on a full disk there would be no room for it.
  for (const entry of await readdir(layout.tmp)) {
    // What cannot be removed must not keep the games from their daemon.
    await removeTree(join(layout.tmp, entry)).catch((error: unknown) => log("error", `tmp/${entry} is left: ${error}`));
  }
}

/** The host's id, an epoch that is greater than every earlier one, and whether the machine was booted meanwhile. */
async function identify(layout: HostLayout, log: HostLog | undefined): Promise<{ id: string; epoch: number; booted: boolean }> {
  const stored = await readJsonFile(layout.hostFile, hostFileSchema);
  const boot = await bootId();
  const id = stored?.id ?? randomUUID();
  // Revisions count from the epoch, in microseconds: no run of the daemon makes a million changes a second.
  const epoch = Math.max(Date.now() * 1000, (stored?.epoch ?? 0) + 1_000_000);
  try {
    await writeFileDurably(layout.hostFile, `${JSON.stringify({ id, bootId: boot, epoch })}\n`, 0o640);
  } catch (error) {
    // A known host opens on a full disk too: how else could games be stopped that have filled it?
    if (stored === undefined || !isOfDisk(error)) throw error;
    log?.("warn", "this start is not recorded", { error });
  }
  return { id, epoch, booted: stored !== undefined && stored.bootId !== boot };
}

async function contextOf(
  options: OpenHostOptions,
  layout: HostLayout,
  hostId: string,
  epoch: number,
  closing: AbortSignal,
): Promise<HostContext> {
  const { driver } = options;
  const owner = driver.info.layerOwner;
  const builds = await BuildStore.open(layout, owner, { onProblem: (problem) => options.log?.("warn", problem) });
  const registry = new InstanceRegistry(epoch, () => builds.active()?.id ?? "");
  const operations = new OperationTable((name, operation) => {
    const entry = registry.find(name);
    if (entry === undefined) return;
    entry.operation = operation;
    registry.touch(entry);
  });
  const context: HostContext = {
    hostId,
    epoch,
    layout,
    driver,
    registry,
    operations,
    builds,
    overlays: await OverlayStore.open(layout, owner),
    generations: new GenerationStore(layout, owner),
    handPlaced: new HandPlacedOverlays(closing),
    surveys: new Turns(),
    diagnoses: new Turns(),
    usage: new UsageSampler(
      (name) => driver.usage(name),
      () => runningNames(registry),
    ),
    pacer: new LogPacer(),
    probe: options.probe ?? portProbe(driver),
    keepArchives: options.keepArchives ?? 5,
    heartbeatSeconds: options.heartbeatSeconds ?? 15,
    readyTimeoutSeconds: options.readyTimeoutSeconds ?? 120,
    closing,
    jobs: installJobs(options, layout, builds, closing, {
      activated: () => registry.touchAll(),
      published: (kept) => collectBuilds(context, options.keepBuilds ?? 3, kept),
      takeBack: (id) => takeBackBuild(context, id),
    }),
    log: options.log ?? (() => {}),
  };
  return context;
}

function installJobs(
  { driver, log = () => {} }: OpenHostOptions,
  layout: HostLayout,
  builds: BuildStore,
  closing: AbortSignal,
  told: Pick<InstallJobsContext, "activated" | "published" | "takeBack">,
): InstallJobs | undefined {
  const { installer } = driver;
  return installer && new InstallJobs({ layout, runner: installer, builds, log, closing, ...told });
}

/** Goes on with an interrupted installation; without one, layers of builds that are no more can go. */
async function takeUpBuilds(context: HostContext): Promise<void> {
  await context.jobs?.open();
  const job = context.jobs?.current;
  if (job !== undefined && !isOver(job)) return;
  await collectBuilds(context, 0).catch((error: unknown) => context.log("error", `layers could not be removed: ${error}`));
}

async function takeUp(context: HostContext, stored: StoredInstances): Promise<void> {
  const { registry, driver, layout, log } = context;
  for (const problem of context.builds.problems) log("error", problem.message);
  for (const { name, error } of stored.damaged) {
    registry.leaveAlone(name, error);
    log("error", `the instance ${name} is left alone: ${error.message}`);
  }
  await clearHalfMade(layout, stored.halfMade);
  for (const record of stored.records) {
    await context.generations.clear(record.name);
    await sweepTemporaryFiles(layout.instance(record.name));
    const entry = registry.add(record);
    entry.lastExit = await loadExit(layout, record);
  }
  const known: RuntimeIdentity[] = stored.records.map(({ name, uid }) => ({ name, uid }));
  const untouchable = stored.damaged.map(({ name }) => ({ name, uid: "" }));
  let isAdoption = true;
  await driver.open([...known, ...untouchable], (name, status) => observeRuntime(context, name, status, isAdoption));
  isAdoption = false;
  for (const entry of registry.entries()) {
    await recallMounted(context, entry);
    if (entry.runtime.activeState === "active") void watchReadiness(context, entry);
  }
  await collectOverlayVersions(context);
}

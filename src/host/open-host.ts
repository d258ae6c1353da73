import { randomUUID } from "node:crypto";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { shuttingDown } from "../domain/failures.ts";
import { HostError } from "../domain/host-error.ts";
import { type HostLayout, hostLayout } from "../domain/host-layout.ts";
import { BuildStore } from "./build-store.ts";
import type { HostDriver, RuntimeIdentity } from "./driver.ts";
import { readJsonFile, sweepTemporaryFiles, writeFileDurably } from "./durable-file.ts";
import { GenerationStore } from "./generation-store.ts";
import { Host } from "./host.ts";
import type { HostContext, HostLog, ReadinessProbe } from "./host-context.ts";
import { clearHalfMade, loadRecords, type StoredInstances } from "./instance-record.ts";
import { InstanceRegistry } from "./instance-registry.ts";
import { collectOverlayVersions } from "./layers-in-use.ts";
import { LogPacer } from "./log-pacer.ts";
import { bootId } from "./machine.ts";
import { loadExit, observeRuntime } from "./observe-runtime.ts";
import { OperationTable } from "./operation-table.ts";
import { OverlayStore } from "./overlay-store.ts";
import { portProbe, watchReadiness } from "./readiness.ts";
import { recallMounted } from "./recall-mounted.ts";
import { recoverInstances } from "./recover.ts";
import { UsageSampler } from "./usage-sampler.ts";

export type OpenHostOptions = {
  /** LEFT4ME_ROOT, absolute. Created when missing. */
  readonly root: string;
  readonly driver: HostDriver;
  readonly version: string;
  /** Default: no log. */
  readonly log?: HostLog;
  /** Default: a process of the game holds its port. */
  readonly probe?: ReadinessProbe;
  /** Silence on a stream before a heartbeat. Default: 15. */
  readonly heartbeatSeconds?: number;
  /** How long a start waits for readiness. Default: 120. */
  readonly readyTimeoutSeconds?: number;
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
  await prepareRoot(layout);
  await options.driver.check();
  const { id, epoch, booted } = await identify(layout, options.log);
  const closing = new AbortController();
  const context = await contextOf(options, layout, id, epoch, closing.signal);
  await takeUp(context, await loadRecords(layout));
  void recoverInstances(context, booted);
  return new Host(context, options.version, () => {
    context.usage.close();
    closing.abort(shuttingDown());
  });
}

function runningNames(registry: InstanceRegistry): string[] {
  return [...registry.entries()].filter(({ runtime }) => runtime.mainPid !== 0).map(({ record }) => record.name);
}

async function prepareRoot(layout: HostLayout): Promise<void> {
  for (const directory of [layout.root, layout.runtime]) await mkdir(directory, { recursive: true, mode: 0o755 });
  // The game reaches its layers through its mount only, never directly: 0700 above them.
  for (const directory of [layout.instances, layout.overlays, layout.overlayVersions, layout.layers, layout.builds])
    await mkdir(directory, { recursive: true, mode: 0o700 });
  await mkdir(layout.tmp, { recursive: true, mode: 0o700 });
  // Emptied, and not made again: on a full disk there would be no room for it.
  for (const entry of await readdir(layout.tmp)) await rm(join(layout.tmp, entry), { recursive: true, force: true });
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
    if (stored === undefined || !(error instanceof HostError && error.reason === "DISK_FULL")) throw error;
    log?.("warn", `this start is not recorded: ${error.message}`);
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
  const builds = await BuildStore.open(layout, owner);
  const registry = new InstanceRegistry(epoch, () => builds.active()?.id ?? "");
  const operations = new OperationTable((name, operation) => {
    const entry = registry.find(name);
    if (entry === undefined) return;
    entry.operation = operation;
    registry.touch(entry);
  });
  return {
    hostId,
    epoch,
    layout,
    driver,
    registry,
    operations,
    builds,
    overlays: await OverlayStore.open(layout, owner),
    generations: new GenerationStore(layout, owner),
    usage: new UsageSampler(
      (name) => driver.usage(name),
      () => runningNames(registry),
    ),
    pacer: new LogPacer(),
    probe: options.probe ?? portProbe(driver),
    heartbeatSeconds: options.heartbeatSeconds ?? 15,
    readyTimeoutSeconds: options.readyTimeoutSeconds ?? 120,
    closing,
    log: options.log ?? (() => {}),
  };
}

async function takeUp(context: HostContext, stored: StoredInstances): Promise<void> {
  const { registry, driver, layout, log } = context;
  for (const problem of context.builds.problems) log("error", problem.message);
  for (const { name, error } of stored.damaged) log("error", `the instance ${name} is left alone: ${error.message}`);
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

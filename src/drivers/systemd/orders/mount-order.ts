import { chmod, mkdir, open, readdir, readlink, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type HostLayout, hostLayout } from "../../../domain/host-layout.ts";
import type { InstanceSpec } from "../../../domain/instance-spec.ts";
import type { StartTarget } from "../../../host/driver.ts";
import { explainDiskFull } from "../../../host/files/disk-full.ts";
import { renameDurably, replaceSymlinkDurably, syncDirectory } from "../../../host/files/durable-file.ts";
import { exists } from "./exists.ts";

/** Layers that one mount may have; 000 is the order's own. */
const mostLayers = 499;

/**
 * Publishes what the helper is to mount, in the format of systemd/README.md ("The agreement on disk"), and makes it the
 * one that a start uses. What is published is never edited: a number stands for one content.
 *
 * @throws HostError DISK_FULL
 */
export async function publishMountOrder(root: string, target: StartTarget): Promise<void> {
  const layout = hostLayout(root);
  const orders = join(layout.instance(target.name), "mount");
  try {
    await mkdir(orders, { recursive: true, mode: 0o700 });
    const order = join(orders, String(target.generation));
    if (!(await exists(order))) await writeOrder(order, target);
    if ((await currentGeneration(root, target.name)) !== target.generation)
      await replaceSymlinkDurably(currentLink(layout, target.name), `mount/${target.generation}`);
  } catch (error) {
    throw await explainDiskFull(error, root);
  }
}

/** Removes every order but the one that a start uses. */
export async function removeOtherOrders(root: string, { name, generation }: Pick<StartTarget, "name" | "generation">): Promise<void> {
  const orders = join(hostLayout(root).instance(name), "mount");
  const trash = join(orders, `${unfinished}old`);
  for (const number of await removeUnfinishedOrders(root, name)) {
    if (number === String(generation)) continue;
    // Out of sight first: half of an order must not be found under its number.
    await rename(join(orders, number), trash);
    await rm(trash, { recursive: true, force: true });
  }
}

/** Removes what a daemon left that was killed while it wrote or removed an order. @returns the numbers of the others */
export async function removeUnfinishedOrders(root: string, name: string): Promise<string[]> {
  const orders = join(hostLayout(root).instance(name), "mount");
  const names = await readdir(orders).catch(() => []); // there is none before the first start
  for (const left of names.filter((one) => one.startsWith(unfinished))) await rm(join(orders, left), { recursive: true, force: true });
  return names.filter((one) => !one.startsWith(unfinished));
}

/** The generation that a start without the daemon runs; undefined before the first start. */
export async function currentGeneration(root: string, name: string): Promise<number | undefined> {
  const text = await readlink(currentLink(hostLayout(root), name)).catch(() => "");
  const number = /^mount\/([1-9]\d{0,8})$/.exec(text)?.[1];
  return number === undefined ? undefined : Number(number);
}

/** The link whose text is `mount/<n>`. */
function currentLink(layout: HostLayout, name: string): string {
  return join(layout.instance(name), "current");
}

const unfinished = ".tmp-";

async function writeOrder(order: string, target: StartTarget): Promise<void> {
  if (target.layers.length > mostLayers) throw new RangeError(`${target.layers.length} layers; ${mostLayers} can be mounted`);
  const temporary = join(order, `../${unfinished}${target.generation}`);
  await rm(temporary, { recursive: true, force: true });
  await mkdir(temporary, { mode: 0o755 });
  await writeLaunch(join(temporary, "launch"), target.argv);
  await symlink("launch", join(temporary, "000"));
  for (const [index, layer] of target.layers.entries()) await symlink(layer, join(temporary, String(index + 1).padStart(3, "0")));
  if (target.spec.volatile) await writeFile(join(temporary, "volatile"), "");
  await writeLimits(join(temporary, "limits"), target.spec.resources);
  await syncDirectory(temporary);
  await renameDurably(temporary, order);
}

/** The helper reads no file: a limit is the name of one. */
async function writeLimits(directory: string, resources: InstanceSpec["resources"]): Promise<void> {
  const limits = limitsOf(resources);
  if (limits.length === 0) return;
  await mkdir(directory);
  for (const limit of limits) await writeFile(join(directory, limit), "");
  await syncDirectory(directory);
}

/** Limits in systemd's words; those that the specification leaves out are the unit's. */
function limitsOf({ memoryHighBytes, memoryMaxBytes, tasksMax, cpuQuotaPercent, nice }: InstanceSpec["resources"]): string[] {
  const properties = { MemoryHigh: memoryHighBytes, MemoryMax: memoryMaxBytes, TasksMax: tasksMax, CPUQuota: cpuQuotaPercent, Nice: nice };
  return Object.entries(properties).flatMap(([property, value]) => (value === undefined ? [] : [`${property}=${value}`]));
}

/** The topmost layer: the game's user reads the argument vector in it, through the mount. Modes exactly, whatever the umask. */
async function writeLaunch(launch: string, argv: readonly string[]): Promise<void> {
  const directory = join(launch, ".left4me");
  await mkdir(directory, { recursive: true });
  for (const path of [launch, directory]) await chmod(path, 0o755);
  const file = await open(join(directory, "argv"), "wx", 0o644);
  try {
    await file.writeFile(argv.map((element) => `${element}\0`).join(""));
    await file.chmod(0o644);
    await file.sync();
  } finally {
    await file.close();
  }
  for (const path of [directory, launch]) await syncDirectory(path);
}

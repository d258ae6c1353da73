import { readdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { hostLayout } from "../../../domain/host-layout.ts";
import type { InstallOrder } from "../../../domain/installer-agreement.ts";
import { explainDiskFull } from "../../../host/files/disk-full.ts";
import { syncDirectory, writeFileAtomically } from "../../../host/files/durable-file.ts";
import { runDirectory } from "./run-directory.ts";

/** Layers that the kernel takes below one mount. */
const mostLayers = 500;

/**
 * Writes what the helper is to stage, in the format of systemd/README.md: links, topmost first. Nobody reads it meanwhile: the
 * stage's unit is not active.
 *
 * @param layers absolute
 * @throws HostError DISK_FULL
 */
export async function publishStageOrder(root: string, layers: readonly string[]): Promise<void> {
  if (layers.length > mostLayers) throw new RangeError(`${layers.length} layers; ${mostLayers} can be mounted`);
  const directory = hostLayout(root).stageOrder;
  try {
    for (const name of await readdir(directory)) await rm(join(directory, name), { recursive: true, force: true });
    for (const [index, layer] of layers.entries()) await symlink(layer, join(directory, String(index).padStart(3, "0")));
    await syncDirectory(directory);
  } catch (error) {
    throw await explainDiskFull(error, root);
  }
}

/** Writes what the installer is to do. It runs as another user, so everybody may read it; no secret stands in it. */
export async function publishInstallOrder(order: InstallOrder, directory = join(runDirectory, "install")): Promise<void> {
  await writeFileAtomically(join(directory, "order"), `${JSON.stringify(order)}\n`, 0o644);
}

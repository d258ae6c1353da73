import type { HostContext } from "../host-context.ts";
import type { InstanceEntry } from "./instance-entry.ts";
import { refreshOverlaysChanged } from "./overlays-changed.ts";

/** Finds out what a game runs on that was not started by this daemon: an earlier one did, the boot, or somebody by hand. */
export async function recallMounted(context: HostContext, entry: InstanceEntry): Promise<void> {
  const { runtime, record } = entry;
  if (runtime.generation === 0) return;
  const generation = await context.generations.load(record.name, runtime.generation).catch(() => undefined);
  if (generation === undefined || entry.runtime.generation !== runtime.generation) return;
  entry.mounted = { number: runtime.generation, port: generation.port, buildId: generation.buildId, overlays: generation.overlays };
  context.registry.touch(entry);
  await refreshOverlaysChanged(context, entry);
}

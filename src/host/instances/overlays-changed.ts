import type { HostContext } from "../host-context.ts";
import type { InstanceEntry } from "./instance-entry.ts";

/** Finds out whether the overlays that a running game has mounted are still the current ones, and tells where that is new. */
export async function refreshOverlaysChanged(context: HostContext, entry: InstanceEntry): Promise<void> {
  const { mounted } = entry;
  if (mounted === undefined) return;
  let changed = false;
  for (const { ref, version } of mounted.overlays) {
    const current = await context.overlays.resolve(ref).catch(() => undefined);
    changed ||= current?.version !== version;
  }
  if (entry.mounted !== mounted || entry.overlaysChanged === changed) return;
  entry.overlaysChanged = changed;
  context.registry.touch(entry);
}

import type { Build } from "../domain/build.ts";
import { HostError } from "../domain/host-error.ts";
import type { Overlay } from "../domain/overlay.ts";
import type { HostContext } from "./host-context.ts";
import type { InstanceEntry } from "./instance-entry.ts";
import type { StoredOverlay } from "./overlay-store.ts";

/** The builds with the instances whose running games use them. */
export function buildsOf({ builds, registry }: HostContext): Build[] {
  const entries = [...registry.entries()];
  const users = (id: string) => namesOf(entries.filter(({ mounted }) => mounted?.buildId === id));
  return builds.list().map((build) => ({ ...build, usedBy: users(build.id) }));
}

/** The overlays with the instances whose specifications name them. */
export async function overlaysOf(context: HostContext): Promise<Overlay[]> {
  return (await context.overlays.list()).map((overlay) => withUsers(context, overlay));
}

/** One overlay with its users; undefined when there is none. */
export async function overlayOf(context: HostContext, ref: string): Promise<Overlay | undefined> {
  const overlay = await context.overlays.find(ref);
  return overlay === undefined ? undefined : withUsers(context, overlay);
}

function withUsers(context: HostContext, overlay: StoredOverlay): Overlay {
  return { ...overlay, usedBy: usersOf(context, overlay.ref), editedInUse: false };
}

/** @throws HostError OVERLAY_IN_USE when a specification names the overlay */
export function refuseInUse(context: HostContext, ref: string): void {
  const users = usersOf(context, ref);
  if (users.length === 0) return;
  const usedBy = users.join(", ");
  throw new HostError(
    "OVERLAY_IN_USE",
    `the overlay "${ref}" is used by ${usedBy}; initialize ${users.length === 1 ? "it" : "them"} without it first`,
    {
      metadata: { ref, used_by: usedBy },
    },
  );
}

/** The versions that mounts or published generations may refer to; they must not be collected. */
function overlayVersionsInUse({ registry }: HostContext): ReadonlySet<string> {
  return new Set([...registry.entries()].flatMap(({ mounted }) => mounted?.overlays.map(({ version }) => version) ?? []));
}

/**
 * Removes versions of overlays that nothing links to or mounts.
 *
 * A start that is under way has resolved versions which nothing shows yet: then the next import collects.
 */
export async function collectOverlayVersions(context: HostContext): Promise<void> {
  const startable = await versionsStartedWithoutDaemon(context);
  await context.overlays.collect(() =>
    context.operations.held().length > 0 ? undefined : new Set([...overlayVersionsInUse(context), ...startable]),
  );
}

/** The versions that a start at boot or by hand would mount. */
async function versionsStartedWithoutDaemon({ driver, generations, registry }: HostContext): Promise<string[]> {
  const versions: string[] = [];
  for (const { record } of registry.entries()) {
    const number = await driver.bootGeneration?.(record.name);
    const generation = number === undefined ? undefined : await generations.load(record.name, number).catch(() => undefined);
    versions.push(...(generation?.overlays.map(({ version }) => version) ?? []));
  }
  return versions;
}

/** After a new version of an overlay: tells the instances whose running games still have the old one. */
export async function refreshOverlay(context: HostContext, ref: string): Promise<void> {
  const { version } = await context.overlays.resolve(ref);
  for (const entry of context.registry.entries()) {
    if (entry.mounted?.overlays.some((mounted) => mounted.ref === ref && mounted.version !== version) === true) {
      entry.overlaysChanged = true;
      context.registry.touch(entry);
    }
  }
}

function usersOf({ registry }: HostContext, ref: string): string[] {
  return namesOf([...registry.entries()].filter(({ record }) => record.spec.overlays.some((overlay) => overlay.ref === ref)));
}

function namesOf(entries: readonly InstanceEntry[]): string[] {
  return entries.map(({ record }) => record.name).sort();
}

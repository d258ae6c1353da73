import { relative } from "node:path";
import type { Build } from "../../domain/build.ts";
import { HostError } from "../../domain/host-error.ts";
import type { Overlay } from "../../domain/overlay.ts";
import type { Generation } from "../generations/generation-store.ts";
import type { HostContext } from "../host-context.ts";
import type { InstanceEntry } from "../instances/instance-entry.ts";
import { refreshOverlaysChanged } from "../instances/overlays-changed.ts";
import { runningOnOlder } from "../layers/running-on-older.ts";
import type { StoredOverlay } from "./overlay-store.ts";

/** The builds with the instances whose running games use them. */
export function buildsOf({ builds, registry }: HostContext): Build[] {
  const entries = [...registry.entries()];
  const users = (id: string) => namesOf(entries.filter(({ mounted }) => mounted?.buildId === id));
  return builds.list().map((build) => ({ ...build, usedBy: users(build.id) }));
}

/** How long a list waits until overlays that were put there by hand have been counted, in milliseconds. */
const countingMs = 250;

/**
 * The overlays with the instances whose specifications name them, and, for those that were put there by hand, what they hold and
 * whether they were edited while games run on them.
 */
export async function overlaysOf(context: HostContext, signal: AbortSignal): Promise<Overlay[]> {
  const { layout, handPlaced } = context;
  const overlays: Overlay[] = [];
  for (const overlay of await context.overlays.list())
    overlays.push({ ...withUsers(context, overlay), editedInUse: overlay.mutable && (await isEditedInUse(context, overlay.ref, signal)) });
  const byHand = overlays.filter(({ mutable }) => mutable).map(({ ref }) => layout.overlay(ref));
  const counts = await handPlaced.counts(byHand, signal, countingMs);
  return overlays.map((overlay) => (overlay.mutable ? { ...overlay, ...counts.get(layout.overlay(overlay.ref)) } : overlay));
}

/** Waits for a walk through the overlay only when a game runs on it. */
async function isEditedInUse({ registry, handPlaced, layout }: HostContext, ref: string, signal: AbortSignal): Promise<boolean> {
  if (runningOnOlder(registry, ref, Number.POSITIVE_INFINITY).length === 0) return false;
  const { newest } = await handPlaced.look(layout.overlay(ref), signal);
  return runningOnOlder(registry, ref, newest).length > 0;
}

/** An overlay with its users, without a look for edits. */
export function withUsers({ registry }: HostContext, overlay: StoredOverlay): Overlay {
  return { ...overlay, usedBy: registry.usersOf(overlay.ref), editedInUse: false };
}

/** @throws HostError OVERLAY_IN_USE when a specification names the overlay, or is about to */
export function refuseInUse({ registry }: HostContext, ref: string): void {
  const users = registry.usersOf(ref);
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
  const startable = await generationsStartedWithoutDaemon(context);
  await context.overlays.collect(() => {
    if (startable === undefined || context.operations.held().length > 0) return undefined;
    return new Set([...overlayVersionsInUse(context), ...startable.flatMap(({ overlays }) => overlays.map(({ version }) => version))]);
  });
}

/**
 * What starts at boot or by hand would mount. Undefined when it cannot be told, or an instance that cannot be read may run on
 * anything: then nothing may be removed.
 */
async function generationsStartedWithoutDaemon({ driver, generations, registry, log }: HostContext): Promise<Generation[] | undefined> {
  if (registry.hasDamaged) return undefined;
  const found: Generation[] = [];
  try {
    for (const { record } of registry.entries()) {
      const number = await driver.bootGeneration?.(record.name);
      if (number !== undefined) found.push(await generations.load(record.name, number));
    }
  } catch (error) {
    log("warn", `nothing old is removed, because it cannot be told what would be started: ${error}`);
    return undefined;
  }
  return found;
}

/**
 * Removes old builds, and layers that no build has any more, which no game that runs or may start at boot has mounted.
 *
 * @param keep so many of the newest builds are kept; 0 keeps all
 * @param alsoKept builds that are kept besides
 * @returns the builds that were removed
 * @throws HostError STATE_DAMAGED when what is mounted cannot be told; then nothing was removed
 */
export async function collectBuilds(context: HostContext, keep: number, alsoKept: readonly string[] = []): Promise<string[]> {
  const { builds, layout } = context;
  const mounts = mountedNumbers(context);
  const startable = await generationsStartedWithoutDaemon(context);
  if (startable === undefined) return [];
  const generations = [...(await mountedGenerations(context)), ...startable];
  const ids = new Set([...alsoKept, ...generations.map(({ buildId }) => buildId)]);
  const layers = new Set(generations.flatMap((generation) => generation.layers.map((layer) => relative(layout.layers, layer))));
  return builds.collect(keep, () => {
    // A start that is under way, or was meanwhile, has layers which the sets do not show.
    if (context.operations.held().length > 0 || mountedNumbers(context) !== mounts) return undefined;
    return { builds: ids, layers: new Set([...layers, ...unpublishedLayers(context)]) };
  });
}

/** Who was killed between a layer and its manifest has left a layer of no build, which the next daemon's job goes on with. */
function unpublishedLayers({ jobs, builds }: HostContext): string[] {
  const publishing = jobs?.publishing;
  return publishing === undefined || builds.list().some(({ id }) => id === publishing) ? [] : [publishing];
}

/** Which generation of which instance is mounted; equal texts mean equal mounts. */
function mountedNumbers({ registry }: HostContext): string {
  return [...registry.entries()].map(({ record, runtime, mounted }) => `${record.uid} ${runtime.generation} ${mounted?.number}`).join("\n");
}

/** @throws HostError STATE_DAMAGED when what is mounted cannot be told: then nothing may be removed */
async function mountedGenerations({ registry, generations }: HostContext): Promise<Generation[]> {
  const found: Generation[] = [];
  for (const { record, runtime, mounted } of registry.entries()) {
    for (const number of new Set([runtime.generation, mounted?.number ?? 0])) {
      if (number !== 0) found.push(await generations.load(record.name, number));
    }
  }
  return found;
}

/** After a new version of an overlay: tells the instances whose running games have another one, or have the current one again. */
export async function refreshOverlay(context: HostContext, ref: string): Promise<void> {
  for (const entry of context.registry.entries()) {
    if (entry.mounted?.overlays.some((mounted) => mounted.ref === ref) === true) await refreshOverlaysChanged(context, entry);
  }
}

function namesOf(entries: readonly InstanceEntry[]): string[] {
  return entries.map(({ record }) => record.name).sort();
}

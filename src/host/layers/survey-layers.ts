import { dirname } from "node:path";
import { setImmediate as aTurn } from "node:timers/promises";
import type { Warning } from "../../domain/instance.ts";
import type { FileOrigin } from "../api.ts";
import { entryTypeAt, type WalkLimits, walkTree } from "../files/walk-tree.ts";
import type { GenerationInput, GenerationPreview } from "../generations/generation-store.ts";
import type { HostContext } from "../host-context.ts";
import type { ResolvedOverlay } from "../overlays/overlay-store.ts";
import { BuildFiles } from "./build-files.ts";
import { duplicatePlugins, pluginDirectory } from "./duplicate-plugins.ts";
import { fileOrigins } from "./file-origins.ts";
import type { Finding } from "./finding.ts";
import { hiddenServerCfg } from "./hidden-server-cfg.ts";
import { type MergedFile, MergedFiles } from "./merged-files.ts";
import { misplacedAddons } from "./misplaced-addons.ts";
import { overlayModes } from "./overlay-modes.ts";
import { runningOnOlder } from "./running-on-older.ts";
import { missingSteamClient } from "./steam-client.ts";

/** What the layers of a stack hold. */
export type Survey = {
  readonly files: readonly FileOrigin[];
  /** There are more files of interest, or not every overlay could be seen as a whole. */
  readonly filesTruncated: boolean;
  readonly warnings: readonly Warning[];
};

/** Entries of all overlays together that are looked at; and of plugins in a build. */
const mostEntries = 200_000;
const mostBuildPlugins = 5000;
const lookupsAtOnce = 64;

/** The layers of an explanation: what the game wrote, the configuration, then the overlays. */
const configurationLayer = 1;
const firstOverlay = 2;

/**
 * Looks at the overlays and the configuration of a stack, and up in its build what they hide there. Bounded, and in steps
 * that leave the event loop free.
 *
 * @throws the signal's reason
 */
export async function surveyLayers(
  context: HostContext,
  input: GenerationInput,
  preview: GenerationPreview,
  signal: AbortSignal,
): Promise<Survey> {
  const merged = new MergedFiles();
  const limits: WalkLimits = { budget: { left: mostEntries }, signal };
  addConfiguration(merged, preview);
  const looked: Looked[] = [];
  for (const [index, overlay] of input.overlays.entries())
    looked.push(await lookAtOverlay(context, input, merged, { overlay, index, limits }));
  const build = new BuildFiles(input.buildLayers);
  const buildLayer = firstOverlay + input.overlays.length;
  await hideInBuild(merged, build, buildLayer, signal);
  await addBuildPlugins(merged, input.buildLayers, buildLayer, signal);
  const { files, truncated } = fileOrigins(ofOverlays(merged, buildLayer));
  return {
    files,
    filesTruncated: truncated || looked.some(({ isWhole }) => !isWhole),
    warnings: [
      ...looked.flatMap(({ warnings }) => warnings),
      ...duplicatePlugins(merged.files()),
      ...(hasSteamManifest(context, input) ? await missingSteamClient(merged, build) : []),
    ],
  };
}

type Looked = { readonly isWhole: boolean; readonly warnings: readonly Warning[] };

async function lookAtOverlay(
  context: HostContext,
  { spec }: GenerationInput,
  merged: MergedFiles,
  { overlay, index, limits }: { readonly overlay: ResolvedOverlay; readonly index: number; readonly limits: WalkLimits },
): Promise<Looked> {
  const at = { ref: overlay.ref, field: `spec.overlays[${index}]` };
  const findings: Finding[] = [misplacedAddons(at)];
  if (spec.overlays[index]?.alias === undefined) findings.push(hiddenServerCfg(at));
  if (overlay.mutable) findings.push(overlayModes(at, overlay.directory, context.driver.info));
  let newest = 0;
  const end = await walkTree(overlay.directory, limits, (entry) => {
    merged.add(firstOverlay + index, entry);
    newest = Math.max(newest, entry.changeTime);
    for (const finding of findings) finding.see(entry);
  });
  const edited = overlay.mutable ? editedInUse(context, at, newest) : [];
  return { isWhole: end === "complete", warnings: [...findings.flatMap((finding) => finding.warnings()), ...edited] };
}

function editedInUse(context: HostContext, { ref, field }: { ref: string; field: string }, newest: number): Warning[] {
  const names = runningOnOlder(context.registry, ref, newest);
  if (names.length === 0) return [];
  const message = `the overlay "${ref}" was edited while ${names.join(", ")} ran on it: what a running game sees of that is undefined; restart ${names.length === 1 ? "it" : "them"}`;
  return [{ code: "OVERLAY_EDITED_IN_USE", message, field }];
}

function addConfiguration(merged: MergedFiles, { configs }: GenerationPreview): void {
  const directories = new Set(configs.flatMap(({ path }) => [dirname(dirname(path)), dirname(path)]));
  for (const path of directories) merged.add(configurationLayer, { path, type: "directory", sizeBytes: 0 });
  for (const { path, content } of configs) merged.add(configurationLayer, { path, type: "file", sizeBytes: content.length });
}

async function hideInBuild(merged: MergedFiles, build: BuildFiles, buildLayer: number, signal: AbortSignal): Promise<void> {
  const look = async (file: MergedFile) => {
    if (merged.isOpenBelow(file.path) && (await build.find(file.path)) !== undefined) merged.hide(file, buildLayer);
  };
  const files = [...merged.files()];
  for (let start = 0; start < files.length; start += lookupsAtOnce) {
    signal.throwIfAborted();
    await Promise.all(files.slice(start, start + lookupsAtOnce).map(look));
    await aTurn(); // what is known already takes none by itself
  }
}

/** The one place of a build that is walked, for plugins that lie there too: the game itself has nothing there. */
async function addBuildPlugins(merged: MergedFiles, layers: readonly string[], buildLayer: number, signal: AbortSignal): Promise<void> {
  for (const layer of layers) {
    if (!(await addParents(merged, layer, buildLayer))) continue;
    const limits = { budget: { left: mostBuildPlugins }, signal };
    await walkTree(`${layer}/${pluginDirectory}`, limits, (entry) => {
      merged.add(buildLayer, { ...entry, path: `${pluginDirectory}/${entry.path}` });
    });
  }
}

/** @returns whether the layer has a directory of plugins, reached through real directories */
async function addParents(merged: MergedFiles, layer: string, buildLayer: number): Promise<boolean> {
  const components = pluginDirectory.split("/");
  for (let length = 1; length <= components.length; length += 1) {
    const path = components.slice(0, length).join("/");
    const type = await entryTypeAt(`${layer}/${path}`);
    if (type !== undefined) merged.add(buildLayer, { path, type, sizeBytes: 0 });
    if (type !== "directory") return false;
  }
  return true;
}

function* ofOverlays(merged: MergedFiles, buildLayer: number) {
  for (const file of merged.files()) if (file.layer < buildLayer) yield file;
}

/** A stand-in, or a copy that was not made by Steam, talks to no Steam. */
function hasSteamManifest({ builds }: HostContext, { buildId }: GenerationInput): boolean {
  return (builds.list().find(({ id }) => id === buildId)?.steamBuildId ?? "") !== "";
}

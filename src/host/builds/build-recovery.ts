import { lstat, readlink, stat } from "node:fs/promises";
import type { HostError } from "../../domain/host-error.ts";
import type { HostLayout } from "../../domain/host-layout.ts";
import { errorCode } from "../files/disk-full.ts";
import { stateDamaged, sweepTemporaryFiles } from "../files/durable-file.ts";
import { sweepStaging } from "../files/staging.ts";
import { type BuildManifest, readBuildManifests } from "./build-manifest.ts";

/** What tmp/ calls the builds' own. */
export const buildStaging = "build";

/** The builds of a root as they were found and cleaned up. */
export type FoundBuilds = {
  readonly manifests: Map<string, BuildManifest>;
  /** Undefined when no build is active, or the one that is cannot be used. */
  readonly active: string | undefined;
  /** Why the active build cannot be used. */
  readonly activeProblem: HostError | undefined;
  readonly problems: readonly HostError[];
  /** Every manifest could be read, and its layers are there. */
  readonly isWhole: boolean;
};

/**
 * Reads the builds of a root and removes what a crash left of half-made imports and files. Layers without a manifest stay: a
 * running game may have them mounted, see `BuildStore.collect`.
 */
export async function findBuilds(layout: HostLayout): Promise<FoundBuilds> {
  await sweepStaging(layout.tmp, buildStaging);
  for (const directory of [layout.builds, layout.root]) await sweepTemporaryFiles(directory);
  const found = await lookAtBuilds(layout);
  if ((await linkText(layout.installation)) !== "occupied") return found;
  const occupied = stateDamaged(layout.installation, "it is no link of ours and does not follow the active build");
  return { ...found, problems: [...found.problems, occupied] };
}

/** The builds of a root as they are now; changes nothing. */
export async function lookAtBuilds(layout: HostLayout): Promise<FoundBuilds> {
  const { manifests, damaged } = await readBuildManifests(layout);
  const problems = [...damaged, ...(await withoutLayers(layout, manifests))];
  const isWhole = problems.length === 0;
  const { active, problem: activeProblem } = await findActive(layout, manifests, problems);
  return { manifests, active, activeProblem, problems, isWhole };
}

/** The text of a symbolic link; undefined when nothing is there, "occupied" when something else is. */
export async function linkText(path: string): Promise<string | undefined> {
  try {
    return (await lstat(path)).isSymbolicLink() ? await readlink(path) : "occupied";
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Takes the builds out whose layers are missing. */
async function withoutLayers(layout: HostLayout, manifests: Map<string, BuildManifest>): Promise<HostError[]> {
  const problems: HostError[] = [];
  for (const { id, layers } of [...manifests.values()]) {
    const problem = await layerMissing(
      layout.build(id),
      layers.map((layer) => layout.layer(layer)),
    );
    if (problem === undefined) continue;
    manifests.delete(id);
    problems.push(problem);
  }
  return problems;
}

/** STATE_DAMAGED for a build one of whose layers is not there; undefined when all are. @param manifest the build's */
export async function layerMissing(manifest: string, layers: readonly string[]): Promise<HostError | undefined> {
  for (const layer of layers) {
    const found = await stat(layer).catch(() => undefined);
    if (found?.isDirectory() !== true) return stateDamaged(manifest, `its layer ${layer} is missing`);
  }
  return undefined;
}

/** The build that builds/active names; undefined when it names none of these. */
export async function readActive(layout: HostLayout, manifests: ReadonlyMap<string, BuildManifest>): Promise<string | undefined> {
  const id = (await linkText(layout.activeBuild))?.replace(/\.json$/, "");
  return id !== undefined && manifests.has(id) ? id : undefined;
}

/** @param problems what keeps builds from being used; the active link is added to it, but callers are told what its build lacks */
async function findActive(
  layout: HostLayout,
  manifests: Map<string, BuildManifest>,
  problems: HostError[],
): Promise<{ readonly active: string | undefined; readonly problem: HostError | undefined }> {
  const active = await readActive(layout, manifests);
  const text = await linkText(layout.activeBuild);
  if (active !== undefined || text === undefined) return { active, problem: undefined };
  const known = problems.find(({ metadata }) => metadata["path"] === layout.build(text.replace(/\.json$/, "")));
  const own = stateDamaged(layout.activeBuild, `it names ${text}, which is no usable build`);
  problems.push(own);
  return { active: undefined, problem: known ?? own };
}

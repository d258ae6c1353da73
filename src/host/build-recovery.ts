import { lstat, readlink, stat } from "node:fs/promises";
import type { HostError } from "../domain/host-error.ts";
import type { HostLayout } from "../domain/host-layout.ts";
import { errorCode } from "./archive/disk-full.ts";
import { discardTree, listOrNothing, sweepStaging } from "./archive/staging.ts";
import { type BuildManifest, type BuildManifests, buildIdPattern, readBuildManifests } from "./build-manifest.ts";
import { stateDamaged, sweepTemporaryFiles } from "./durable-file.ts";

/** What tmp/ calls the builds' own. */
export const buildStaging = "build";

/** The builds of a root as they were found and cleaned up. */
export type FoundBuilds = {
  readonly manifests: Map<string, BuildManifest>;
  /** Undefined when no build is active, or the one that is cannot be used. */
  readonly active: string | undefined;
  readonly problems: readonly HostError[];
};

/**
 * Reads the builds of a root and removes what a crash left: half-made imports, temporary files, layers without a manifest.
 *
 * While a manifest is damaged no layer is removed: it may be that manifest's.
 */
export async function findBuilds(layout: HostLayout): Promise<FoundBuilds> {
  await sweepStaging(layout.tmp, buildStaging);
  for (const directory of [layout.builds, layout.root]) await sweepTemporaryFiles(directory);
  const found = await readBuildManifests(layout);
  const problems = [...found.damaged, ...(await withoutLayers(layout, found.manifests))];
  if (problems.length === 0) await sweepLayers(layout, found);
  const active = await findActive(layout, found.manifests, problems);
  if ((await linkText(layout.installation)) === "occupied")
    problems.push(stateDamaged(layout.installation, "it is no link of ours and does not follow the active build"));
  return { manifests: found.manifests, active, problems };
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
    const missing = await firstMissing(layers.map((layer) => layout.layer(layer)));
    if (missing === undefined) continue;
    manifests.delete(id);
    problems.push(stateDamaged(layout.build(id), `its layer ${missing} is missing`));
  }
  return problems;
}

async function firstMissing(directories: readonly string[]): Promise<string | undefined> {
  for (const directory of directories) {
    const found = await stat(directory).catch(() => undefined);
    if (found?.isDirectory() !== true) return directory;
  }
  return undefined;
}

async function sweepLayers(layout: HostLayout, { manifests }: BuildManifests): Promise<void> {
  const named = new Set([...manifests.values()].flatMap(({ layers }) => layers));
  for (const layer of await listOrNothing(layout.layers)) {
    if (buildIdPattern.test(layer) && !named.has(layer)) await discardTree(layout.layer(layer), layout.tmp, buildStaging);
  }
}

async function findActive(layout: HostLayout, manifests: Map<string, BuildManifest>, problems: HostError[]): Promise<string | undefined> {
  const text = await linkText(layout.activeBuild);
  if (text === undefined) return undefined;
  const id = text.replace(/\.json$/, "");
  if (manifests.has(id)) return id;
  problems.push(stateDamaged(layout.activeBuild, `it names ${text}, which is no usable build`));
  return undefined;
}

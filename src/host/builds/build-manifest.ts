import { readdir } from "node:fs/promises";
import { z } from "zod";
import type { Build } from "../../domain/build.ts";
import { HostError } from "../../domain/host-error.ts";
import type { HostLayout } from "../../domain/host-layout.ts";
import { readJsonFile, stateDamaged } from "../files/durable-file.ts";
import { refuseArchive } from "../unpack/archive-refused.ts";

/** Build ids: `b` and the first 15 digits of the content's digest. */
export const buildIdPattern = /^b[0-9a-f]{15}$/;

/** Names in layers/: a build's own layer has the name of the build, `s` stands for one that several were squashed into. */
export const layerNamePattern = /^[bs][0-9a-f]{15}$/;

/** A build has at most so many layers: each costs every lookup of the kernel's a little. The next update squashes them first. */
export const mostLayers = 8;

/** builds/<id>.json: what a build consists of. */
export const buildManifestSchema = z.object({
  schema: z.literal(1),
  id: z.string().regex(buildIdPattern),
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  /** Names in layers/, the top first. */
  layers: z.array(z.string().regex(layerNamePattern)).min(1).max(mostLayers),
  steamBuildId: z.string(),
  publishTime: z.iso.datetime(),
  sizeBytes: z.number().int().min(0),
  files: z.number().int().min(0),
});

/** See {@link buildManifestSchema}. */
export type BuildManifest = z.output<typeof buildManifestSchema>;

/** A build as the store knows it; who uses it is known elsewhere. */
export type StoredBuild = Omit<Build, "usedBy">;

/** What builds/ holds: the manifests that can be used, and an error for each that cannot. */
export type BuildManifests = { readonly manifests: Map<string, BuildManifest>; readonly damaged: readonly HostError[] };

/** Reads every manifest. One that is damaged does not take the others down. */
export async function readBuildManifests(layout: HostLayout): Promise<BuildManifests> {
  const manifests = new Map<string, BuildManifest>();
  const damaged: HostError[] = [];
  for (const file of await readdir(layout.builds)) {
    const id = file.replace(/\.json$/, "");
    if (!file.endsWith(".json") || !buildIdPattern.test(id)) continue;
    try {
      const manifest = await readJsonFile(layout.build(id), buildManifestSchema);
      if (manifest?.id !== id) throw stateDamaged(layout.build(id), `it describes ${manifest?.id ?? "nothing"}`);
      manifests.set(id, manifest);
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      damaged.push(error);
    }
  }
  return { manifests, damaged };
}

/**
 * The id of a build whose content has this digest.
 *
 * @param manifests the builds that there are
 * @throws HostError UPLOAD_REFUSED when another content has this id: it has 60 bits of the digest, and two that share them can be made
 */
export function buildIdOf(digest: string, manifests: ReadonlyMap<string, BuildManifest>): string {
  const id = `b${digest.slice(0, 15)}`;
  const known = manifests.get(id);
  if (known === undefined || known.digest === digest) return id;
  throw refuseArchive(`would be build ${id}, which has other content`);
}

/** @param why behind "the build ID" @param users the names of instances @param job the installation that is made over it, or publishes it */
export function buildInUse(id: string, why: string, users: readonly string[] = [], job = ""): HostError {
  return new HostError("BUILD_IN_USE", `the build ${id} ${why}`, {
    metadata: { build: id, used_by: users.join(", "), ...(job === "" ? {} : { job }) },
  });
}

/** The error for a build that the host does not have. */
export function buildNotFound(id: string): HostError {
  const shown = id.slice(0, 80);
  return new HostError("BUILD_NOT_FOUND", `there is no build ${JSON.stringify(shown)}`, {
    metadata: { build: shown },
  });
}

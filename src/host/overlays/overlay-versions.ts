import { rm } from "node:fs/promises";
import { z } from "zod";
import type { HostLayout } from "../../domain/host-layout.ts";
import { readJsonFile, renameDurably, writeFileDurably } from "../files/durable-file.ts";
import { discardTree, listOrNothing } from "../files/staging.ts";
import type { TreeSummary } from "../unpack/tree-ledger.ts";
import { overlayVersionPattern } from "./overlay-place.ts";

/** What tmp/ calls the overlays' own. */
export const overlayStaging = "overlay";

/** overlay-versions/<version>.json, beside the tree. */
const factsSchema = z.object({
  schema: z.literal(1),
  sizeBytes: z.number().int().min(0),
  files: z.number().int().min(0),
  publishTime: z.iso.datetime(),
});

/** What is kept of a version besides its tree. */
export type VersionFacts = { readonly sizeBytes: number; readonly files: number; readonly publishTime: Date };

/** The immutable trees of overlay-versions/. Its owner takes care that changes do not overlap. */
export class OverlayVersions {
  readonly #layout: HostLayout;
  readonly #step: (name: string) => Promise<void>;
  /** Of versions that exist: their facts never change. */
  readonly #facts = new Map<string, VersionFacts>();

  constructor(layout: HostLayout, step: (name: string) => Promise<void>) {
    this.#layout = layout;
    this.#step = step;
  }

  /** Undefined when they are missing or damaged: they are for people, the tree stands by itself. */
  async facts(version: string): Promise<VersionFacts | undefined> {
    const known = this.#facts.get(version);
    if (known !== undefined) return known;
    const stored = await readJsonFile(this.#factsFile(version), factsSchema).catch(() => undefined);
    if (stored === undefined) return undefined;
    const facts = { sizeBytes: stored.sizeBytes, files: stored.files, publishTime: new Date(stored.publishTime) };
    this.#facts.set(version, facts);
    return facts;
  }

  /** Makes a staged tree a version, unless the same content is there already. @returns the version's name */
  async publish(tree: string, { digest, sizeBytes, files }: TreeSummary): Promise<string> {
    const version = `sha256-${digest}`;
    if (!(await listOrNothing(this.#layout.overlayVersions)).includes(version)) {
      await this.#step("rename the version");
      await renameDurably(tree, this.#layout.overlayVersion(version));
    }
    if ((await this.facts(version)) === undefined) {
      await this.#step("write the version's facts");
      const facts = { schema: 1, sizeBytes, files, publishTime: new Date().toISOString() };
      await writeFileDurably(this.#factsFile(version), `${JSON.stringify(facts)}\n`, 0o640);
    }
    return version;
  }

  /** Removes the versions that are not kept, and facts whose tree is gone. @returns what was removed */
  async keepOnly(kept: ReadonlySet<string>): Promise<string[]> {
    const names = await listOrNothing(this.#layout.overlayVersions);
    const removed = names.filter((name) => overlayVersionPattern.test(name) && !kept.has(name));
    for (const version of removed) await this.#remove(version);
    for (const name of names) {
      const version = name.replace(/\.json$/, "");
      if (name.endsWith(".json") && overlayVersionPattern.test(version) && !names.includes(version))
        await rm(this.#factsFile(version), { force: true });
    }
    return removed;
  }

  async #remove(version: string): Promise<void> {
    this.#facts.delete(version);
    await this.#step("remove the version");
    await discardTree(this.#layout.overlayVersion(version), this.#layout.tmp, overlayStaging);
    await rm(this.#factsFile(version), { force: true });
  }

  #factsFile(version: string): string {
    return `${this.#layout.overlayVersion(version)}.json`;
  }
}

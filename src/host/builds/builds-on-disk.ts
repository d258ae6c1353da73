import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { relative } from "node:path";
import type { HostLayout } from "../../domain/host-layout.ts";
import { renameDurably, replaceSymlinkDurably, syncDirectory, writeFileDurably } from "../files/durable-file.ts";
import { discardTree, listOrNothing } from "../files/staging.ts";
import { type BuildManifest, layerNamePattern } from "./build-manifest.ts";
import { buildStaging, linkText } from "./build-recovery.ts";

/** Writes and removes what builds consist of. Its owner takes care that changes do not overlap. */
export class BuildsOnDisk {
  readonly #layout: HostLayout;
  readonly #step: (name: string) => Promise<void>;

  /** @param step is called before each step that changes what a crash would leave */
  constructor(layout: HostLayout, step: (name: string) => Promise<void>) {
    this.#layout = layout;
    this.#step = step;
  }

  /**
   * Publishes a build: first the tree as its layer, then the manifest that names it.
   *
   * A layer that is there already stays: its name stands for its content, it appeared as a whole, and another build may have it,
   * or a running game have it mounted. The tree goes, but only when the manifest is there, so that a crash can be repeated.
   */
  async write(manifest: BuildManifest, layer: string, tree: string): Promise<void> {
    const place = this.#layout.layer(layer);
    const file = this.#layout.build(manifest.id);
    const [isNewLayer, isNewBuild] = [!existsSync(place), !existsSync(file)];
    await this.#step("rename the layer");
    if (isNewLayer) await renameDurably(tree, place);
    await this.#step("write the manifest");
    try {
      await writeFileDurably(file, `${JSON.stringify(manifest, undefined, 2)}\n`, 0o640);
    } catch (error) {
      // Not published as a whole: taken back; where that fails too, the next publication or collection does it.
      if (isNewBuild) await rm(file, { force: true }).catch(() => {});
      if (isNewBuild && isNewLayer) await discardTree(place, this.#layout.tmp, buildStaging).catch(() => {});
      throw error;
    }
    await discardTree(tree, this.#layout.tmp, buildStaging);
  }

  /** Removes a build's manifest; its layers may be those of others. */
  async remove(id: string): Promise<void> {
    await this.#step("remove the manifest");
    await rm(this.#layout.build(id), { force: true });
    await syncDirectory(this.#layout.builds);
  }

  /** Removes all layers but these. */
  async keepLayers(kept: ReadonlySet<string>): Promise<void> {
    for (const layer of await listOrNothing(this.#layout.layers)) {
      if (!layerNamePattern.test(layer) || kept.has(layer)) continue;
      await this.#step("remove the layer");
      await discardTree(this.#layout.layer(layer), this.#layout.tmp, buildStaging);
    }
  }

  /**
   * Lets `installation` show a build. One of several layers lies nowhere as a whole: then there is no link. An `installation`
   * that is no link (the older system's) is left alone: nothing of ours reads it.
   *
   * @param layers the build's directories, top first
   */
  async pointInstallation([top, ...others]: readonly string[]): Promise<void> {
    const { installation, root } = this.#layout;
    const target = top === undefined || others.length > 0 ? undefined : relative(root, top);
    const current = await linkText(installation);
    if (current === target || current === "occupied") return;
    if (target === undefined) await rm(installation, { force: true });
    else await replaceSymlinkDurably(installation, target);
  }
}

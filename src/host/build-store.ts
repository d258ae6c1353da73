import { mkdir } from "node:fs/promises";
import { relative } from "node:path";
import type { HostError } from "../domain/host-error.ts";
import type { HostLayout } from "../domain/host-layout.ts";
import type { Upload } from "./api.ts";
import { adoptTree } from "./archive/adopt-tree.ts";
import { extractArchive } from "./archive/extract-archive.ts";
import { discardTree, withStaging } from "./archive/staging.ts";
import type { StoreOptions } from "./archive/store-options.ts";
import type { TreeSummary } from "./archive/tree-ledger.ts";
import type { TreeOwner } from "./archive/tree-owner.ts";
import { Turns } from "./archive/turns.ts";
import { checkBuildContent, steamBuildIdOf } from "./build-content.ts";
import { type BuildManifest, buildNotFound, type StoredBuild } from "./build-manifest.ts";
import { buildStaging, type FoundBuilds, findBuilds, linkText } from "./build-recovery.ts";
import { renameDurably, replaceSymlinkDurably, writeFileDurably } from "./durable-file.ts";

/** What an import did: the build, and whether it is new or newly active. */
export type PublishedBuild = { readonly id: string; readonly changed: boolean };

/**
 * The builds of the game: immutable trees in layers/, a manifest for each build, and a link to the active one.
 *
 * A build exists from the moment when its manifest does, and is active from the moment when builds/active names it: both
 * appear by a rename, so that a crash leaves the old state or the new. `installation` only follows, for people.
 */
export class BuildStore {
  /** What {@link BuildStore.open} found and left alone; to be told to the operator. */
  readonly problems: readonly HostError[];
  readonly #layout: HostLayout;
  readonly #owner: TreeOwner | undefined;
  readonly #options: StoreOptions;
  readonly #manifests: Map<string, BuildManifest>;
  readonly #turns = new Turns();
  #active: string | undefined;

  private constructor(layout: HostLayout, owner: TreeOwner | undefined, options: StoreOptions, found: FoundBuilds) {
    this.#layout = layout;
    this.#owner = owner;
    this.#options = options;
    this.#manifests = found.manifests;
    this.#active = found.active;
    this.problems = found.problems;
  }

  /**
   * Reads what is kept, removes what a crash left of imports, and lets `installation` follow the active build.
   *
   * Damaged manifests are {@link BuildStore.problems}, not failures: running games must not lose their daemon to them.
   * @param owner whom published files belong to; undefined: this process
   */
  static async open(layout: HostLayout, owner: TreeOwner | undefined, options: StoreOptions = {}): Promise<BuildStore> {
    for (const directory of [layout.builds, layout.layers]) await mkdir(directory, { recursive: true, mode: 0o700 });
    const store = new BuildStore(layout, owner, options, await findBuilds(layout));
    await store.#follow();
    return store;
  }

  /** The newest first. */
  list(): StoredBuild[] {
    const builds = [...this.#manifests.values()].map((manifest) => this.#describe(manifest));
    return builds.sort((a, b) => b.publishTime.getTime() - a.publishTime.getTime() || (a.id < b.id ? -1 : 1));
  }

  /** The build that starts use. */
  active(): StoredBuild | undefined {
    const manifest = this.#active === undefined ? undefined : this.#manifests.get(this.#active);
    return manifest === undefined ? undefined : this.#describe(manifest);
  }

  /** The directories of a build, absolute, top first. @throws HostError BUILD_NOT_FOUND */
  layersOf(id: string): string[] {
    return this.#manifest(id).layers.map((layer) => this.#layout.layer(layer));
  }

  /**
   * Takes a build from an uploaded archive. All or nothing; the first build of a host becomes active in any case.
   *
   * @throws HostError UPLOAD_REFUSED, UPLOAD_TOO_LARGE, DISK_FULL; the signal's reason
   */
  async importArchive(upload: Upload, activate: boolean, signal: AbortSignal): Promise<PublishedBuild> {
    return await withStaging(this.#layout.tmp, buildStaging, async (tree) => {
      const content = await extractArchive(upload, tree, { limits: this.#options.limits, owner: this.#owner, signal });
      return await this.#publish(tree, content, activate);
    });
  }

  /**
   * Takes a build from a directory on the root's file system, which nobody else may write to. On success the directory is
   * gone (moved), or, when the host had this content already, untouched but for modes and owners.
   *
   * @throws HostError UPLOAD_REFUSED
   */
  async publishDirectory(directory: string, activate: boolean): Promise<PublishedBuild> {
    const content = await adoptTree(directory, { limits: this.#options.limits, owner: this.#owner });
    return await this.#publish(directory, content, activate);
  }

  /** @returns false when the build was active already @throws HostError BUILD_NOT_FOUND */
  async activate(id: string): Promise<boolean> {
    return await this.#turns.take(() => this.#activate(id));
  }

  /** Ends what a crash cut short: the first build was to become active, `installation` was to point to the active one. */
  async #follow(): Promise<void> {
    const [first] = this.#manifests.keys();
    if (this.#active !== undefined) await this.#pointInstallation(this.#active);
    else if (first !== undefined && this.#manifests.size === 1 && this.problems.length === 0) await this.#activate(first);
  }

  async #publish(tree: string, content: TreeSummary, activate: boolean): Promise<PublishedBuild> {
    await checkBuildContent(tree);
    const steamBuildId = await steamBuildIdOf(tree);
    return await this.#turns.take(async () => {
      const id = `b${content.digest.slice(0, 15)}`;
      const isNew = !this.#manifests.has(id);
      if (isNew) await this.#add({ schema: 1, id, layers: [id], steamBuildId, publishTime: new Date().toISOString(), ...content }, tree);
      const activated = activate || this.#active === undefined ? await this.#activate(id) : false;
      return { id, changed: isNew || activated };
    });
  }

  async #add(manifest: BuildManifest, tree: string): Promise<void> {
    const { id } = manifest;
    await this.#step("rename the layer");
    // What lies there without a manifest is what a failure left.
    await discardTree(this.#layout.layer(id), this.#layout.tmp, buildStaging);
    await renameDurably(tree, this.#layout.layer(id));
    await this.#step("write the manifest");
    await writeFileDurably(this.#layout.build(id), `${JSON.stringify(manifest, undefined, 2)}\n`, 0o640);
    this.#manifests.set(id, manifest);
  }

  async #activate(id: string): Promise<boolean> {
    this.#manifest(id);
    if (this.#active === id) return false;
    await this.#step("activate");
    await replaceSymlinkDurably(this.#layout.activeBuild, `${id}.json`);
    this.#active = id;
    await this.#step("point installation");
    await this.#pointInstallation(id);
    return true;
  }

  /** An `installation` that is no link (the older system's) is left alone: nothing of ours reads it. */
  async #pointInstallation(id: string): Promise<void> {
    const { installation, root } = this.#layout;
    const [top] = this.layersOf(id);
    const target = relative(root, top ?? "");
    const current = await linkText(installation);
    if (current === target || current === "occupied") return;
    await replaceSymlinkDurably(installation, target);
  }

  #manifest(id: string): BuildManifest {
    const manifest = this.#manifests.get(id);
    if (manifest === undefined) throw buildNotFound(id);
    return manifest;
  }

  #describe({ id, steamBuildId, publishTime, sizeBytes, files }: BuildManifest): StoredBuild {
    return { id, steamBuildId, active: id === this.#active, publishTime: new Date(publishTime), sizeBytes, files };
  }

  async #step(name: string): Promise<void> {
    await this.#options.atStep?.(name);
  }
}

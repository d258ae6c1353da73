import { mkdir } from "node:fs/promises";
import type { HostError } from "../../domain/host-error.ts";
import type { HostLayout } from "../../domain/host-layout.ts";
import type { Upload } from "../api.ts";
import { replaceSymlinkDurably } from "../files/durable-file.ts";
import { discardTree, withStaging } from "../files/staging.ts";
import type { StoreOptions } from "../files/store-options.ts";
import type { TreeOwner } from "../files/tree-owner.ts";
import { Turns } from "../turns.ts";
import { adoptTree } from "../unpack/adopt-tree.ts";
import { extractArchive } from "../unpack/extract-archive.ts";
import type { TreeSummary } from "../unpack/tree-ledger.ts";
import { checkBuildContent, checkInstalled, steamBuildIdIn, steamBuildIdOf } from "./build-content.ts";
import {
  type BuildManifest,
  buildIdOf,
  buildInUse,
  buildNotFound,
  mostLayers,
  readBuildManifests,
  type StoredBuild,
} from "./build-manifest.ts";
import { buildStaging, type FoundBuilds, findBuilds, layerMissing, readActive } from "./build-recovery.ts";
import { BuildsOnDisk } from "./builds-on-disk.ts";
import { layeredDigest, makeDeltaLayer } from "./delta-layer.ts";
import { measureLayers } from "./layer-view.ts";
import { squashLayers } from "./squash-layers.ts";

/** What an import did: the build, and whether it is new or newly active. */
export type PublishedBuild = { readonly id: string; readonly changed: boolean };

/** What running games, and starts without the daemon, need: builds, and layers that may have no build any more. */
export type BuildsInUse = { readonly builds: ReadonlySet<string>; readonly layers: ReadonlySet<string> };

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
  readonly #disk: BuildsOnDisk;
  readonly #isWhole: boolean;
  readonly #turns = new Turns();
  #active: string | undefined;
  #activeProblem: HostError | undefined;

  private constructor(layout: HostLayout, owner: TreeOwner | undefined, options: StoreOptions, found: FoundBuilds) {
    this.#layout = layout;
    this.#owner = owner;
    this.#options = options;
    this.#manifests = found.manifests;
    this.#active = found.active;
    this.#activeProblem = found.activeProblem;
    this.#isWhole = found.isWhole;
    this.#disk = new BuildsOnDisk(layout, (name) => this.#step(name));
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

  /**
   * The build that a start uses, with all of its layers there.
   *
   * @returns undefined when no build is active @throws HostError STATE_DAMAGED when the one that is cannot be used
   */
  async startable(): Promise<StoredBuild | undefined> {
    const build = this.active();
    const problem = build === undefined ? this.#activeProblem : await this.#layerMissing(build.id);
    if (problem !== undefined) throw problem;
    return build;
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

  /**
   * Makes what an installer wrote over a build a build of its own: a layer over the layers of that one. On success, and when
   * nothing has changed, the directory is gone.
   *
   * @param base the build that it was written over; undefined: over nothing
   * @param listing every path that the installer saw at its end
   * @param onId is told the build's id before anything of it can be seen
   * @throws HostError INSTALL_INCOMPLETE, UPLOAD_REFUSED, BUILD_NOT_FOUND
   */
  async publishWritten(
    { tree, base, listing }: { readonly tree: string; readonly base: string | undefined; readonly listing: ReadonlySet<string> },
    onId: (id: string) => Promise<void>,
  ): Promise<{ readonly id: string; readonly isNew: boolean }> {
    const below = base === undefined ? undefined : this.#manifest(base);
    const layers = below === undefined ? [] : this.layersOf(below.id);
    // First of all: a kill may have left the tree in two halves.
    const delta = await makeDeltaLayer({ tree, layers, listing }, { owner: this.#owner, limits: this.#options.limits });
    await checkInstalled([tree, ...layers]);
    return await this.#inTurn(async () => {
      const digest = layeredDigest(below?.digest ?? "", delta ?? "");
      const id = below !== undefined && delta === undefined ? below.id : buildIdOf(digest, this.#manifests);
      await onId(id);
      const isNew = !this.#manifests.has(id);
      if (isNew) {
        const steamBuildId = await steamBuildIdIn([tree, ...layers]);
        const { sizeBytes, files } = await measureLayers([tree, ...layers]);
        const names = [id, ...(below?.layers ?? [])];
        const publishTime = new Date().toISOString();
        await this.#write({ schema: 1, id, digest, layers: names, steamBuildId, publishTime, sizeBytes, files }, id, tree);
      } else await discardTree(tree, this.#layout.tmp, buildStaging);
      return { id, isNew };
    });
  }

  /** Whether another layer over a build would be one too many: it is to be squashed first. @throws HostError BUILD_NOT_FOUND */
  isTall(id: string): boolean {
    return this.#manifest(id).layers.length >= mostLayers;
  }

  /**
   * Makes a build of many layers one of a single layer. Running games keep those that they have mounted.
   *
   * @throws HostError BUILD_NOT_FOUND, DISK_FULL; the signal's reason
   */
  async squash(id: string, signal: AbortSignal): Promise<void> {
    const layers = this.layersOf(id);
    await withStaging(this.#layout.tmp, buildStaging, async (tree) => {
      await squashLayers(layers, tree, { owner: this.#owner, signal });
      await this.#turns.take(async () => {
        const manifest = this.#manifest(id);
        const name = `s${manifest.digest.slice(0, 15)}`;
        await this.#write({ ...manifest, layers: [name] }, name, tree);
        if (this.#active === id) await this.#point(id);
      });
    });
  }

  /**
   * Removes old builds, and the layers that no build has and nobody needs.
   *
   * @param keep how many of the newest builds are kept besides those that are in use; 0 keeps all
   * @param inUse is asked when nothing else changes the builds; undefined: it cannot be told now, and nothing is removed
   * @returns the ids of the builds that were removed
   */
  async collect(keep: number, inUse: () => BuildsInUse | undefined): Promise<string[]> {
    return await this.#turns.take(async () => {
      const used = inUse();
      // A manifest that cannot be read may name any layer.
      if (used === undefined || !this.#isWhole) return [];
      const old = keep === 0 ? [] : this.list().slice(keep);
      const removed = old.filter(({ id, active }) => !active && !used.builds.has(id)).map(({ id }) => id);
      for (const id of removed) await this.#remove(id);
      await this.#disk.keepLayers(new Set([...used.layers, ...[...this.#manifests.values()].flatMap(({ layers }) => layers)]));
      return removed;
    });
  }

  /**
   * Removes a build. Its layers stay until {@link BuildStore.collect}.
   *
   * @param refuse throws when the build is in use; asked when nothing else can change the builds
   * @returns false when there was no such build @throws HostError BUILD_IN_USE when it is the active one
   */
  async delete(id: string, refuse: () => void): Promise<boolean> {
    return await this.#inTurn(async () => {
      if (!this.#manifests.has(id)) return false;
      if (this.#active === id) throw buildInUse(id, "is the active one, which starts use; activate another one first");
      refuse();
      await this.#remove(id);
      return true;
    });
  }

  /** @returns false when the build was active already @throws HostError BUILD_NOT_FOUND */
  async activate(id: string): Promise<boolean> {
    return await this.#inTurn(() => this.#activate(id));
  }

  /** One change after the other. Behind one that fails, what the next daemon would end is ended. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.take(async () => {
      try {
        return await work();
      } catch (error) {
        await this.#follow().catch(() => {}); // on a disk that fails, it is left to the next daemon
        throw error;
      }
    });
  }

  /** Ends what a crash cut short: the first build was to become active, `installation` was to point to the active one. */
  async #follow(): Promise<void> {
    const [first] = this.#manifests.keys();
    if (this.#active !== undefined) await this.#point(this.#active);
    else if (first !== undefined && this.#manifests.size === 1 && this.problems.length === 0) await this.#activate(first);
  }

  async #publish(tree: string, content: TreeSummary, activate: boolean): Promise<PublishedBuild> {
    await checkBuildContent(tree);
    const steamBuildId = await steamBuildIdOf(tree);
    return await this.#inTurn(async () => {
      const id = buildIdOf(content.digest, this.#manifests);
      // One whose layers somebody has removed is cured by the same content.
      const isNew = !this.#manifests.has(id) || (await this.#layerMissing(id)) !== undefined;
      const publishTime = new Date().toISOString();
      if (isNew) await this.#write({ schema: 1, id, layers: [id], steamBuildId, publishTime, ...content }, id, tree);
      const activated = activate || this.#active === undefined ? await this.#activate(id) : false;
      return { id, changed: isNew || activated };
    });
  }

  /** After a failure: knows what the next daemon would find. A change may be there although the disk did not confirm it. */
  async #recall(id: string): Promise<void> {
    const { manifests } = await readBuildManifests(this.#layout);
    const found = manifests.get(id);
    if (found === undefined) this.#manifests.delete(id);
    else this.#manifests.set(id, found);
    this.#active = await readActive(this.#layout, this.#manifests);
  }

  async #activate(id: string): Promise<boolean> {
    this.#manifest(id);
    if (this.#active === id) return false;
    await this.#step("activate");
    try {
      await replaceSymlinkDurably(this.#layout.activeBuild, `${id}.json`);
    } catch (error) {
      await this.#recall(id);
      throw error;
    }
    this.#active = id;
    this.#activeProblem = undefined;
    await this.#step("point installation");
    await this.#point(id);
    return true;
  }

  /** `installation` is for people: what goes wrong with it fails nothing else. */
  async #point(id: string): Promise<void> {
    const { onProblem = () => {} } = this.#options;
    await this.#disk
      .pointInstallation(this.layersOf(id))
      .catch((error: unknown) => onProblem(`installation does not follow the active build ${id}: ${error}`));
  }

  #layerMissing(id: string): Promise<HostError | undefined> {
    return layerMissing(this.#layout.build(id), this.layersOf(id));
  }

  #manifest(id: string): BuildManifest {
    const manifest = this.#manifests.get(id);
    if (manifest === undefined) throw buildNotFound(id);
    return manifest;
  }

  #describe({ id, steamBuildId, publishTime, sizeBytes, files, layers }: BuildManifest): StoredBuild {
    const facts = { id, steamBuildId, sizeBytes, files, layerCount: layers.length };
    return { ...facts, active: id === this.#active, publishTime: new Date(publishTime) };
  }

  async #step(name: string): Promise<void> {
    await this.#options.atStep?.(name);
  }

  async #remove(id: string): Promise<void> {
    try {
      await this.#disk.remove(id);
    } catch (error) {
      await this.#recall(id);
      throw error;
    }
    this.#manifests.delete(id);
  }

  async #write(manifest: BuildManifest, layer: string, tree: string): Promise<void> {
    try {
      await this.#disk.write(manifest, layer, tree);
    } catch (error) {
      await this.#recall(manifest.id);
      throw error;
    }
    this.#manifests.set(manifest.id, manifest);
  }
}

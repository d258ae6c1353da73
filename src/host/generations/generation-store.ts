import { randomBytes } from "node:crypto";
import { mkdir, rename, rm } from "node:fs/promises";
import { join, relative } from "node:path";
import type { HostLayout } from "../../domain/host-layout.ts";
import type { Warning } from "../../domain/instance.ts";
import { cfgDirectory, exposedCfgName } from "../../domain/server-cfg.ts";
import { explainDiskError } from "../files/disk-error.ts";
import { renameDurably, stateDamaged, syncDirectory } from "../files/durable-file.ts";
import { listOrNothing } from "../files/staging.ts";
import type { StoreOptions } from "../files/store-options.ts";
import { syncTree } from "../files/sync-tree.ts";
import type { TreeOwner } from "../files/tree-owner.ts";
import { layerOf, readGeneration, type StoredGeneration, writeGeneration } from "./generation-files.ts";
import { type GenerationContent, type GenerationInput, lowerLayers, planContent } from "./generation-plan.ts";

export type { GenerationInput } from "./generation-plan.ts";

/** What {@link GenerationStore.publish} would publish; `number` is the latest one when nothing differs from it. */
export type GenerationPreview = GenerationContent & { readonly number: number };

/** A published generation: what one start of an instance runs on. It never changes. */
export type Generation = {
  /** 1 or more; grows with every change. */
  readonly number: number;
  /** The lower directories of the mount, absolute, top first: configuration, overlays, build. */
  readonly layers: readonly string[];
  readonly argv: readonly string[];
  /** Files of the configuration layer that no copy in upper may hide; relative to the game directory. */
  readonly managedFiles: readonly string[];
  readonly serverCfg: string;
  /** The aliases that server.cfg executes. */
  readonly exposed: readonly string[];
  readonly port: number;
  readonly buildId: string;
  readonly overlays: readonly { readonly ref: string; readonly version: string }[];
  /** Only from `publish`; a loaded generation has none. */
  readonly warnings: readonly Warning[];
};

const unfinished = ".tmp-";

/**
 * The generations of instances, below instances/<name>/gen/.
 *
 * Whoever publishes or collects holds the instance's lock: for one name nothing here runs twice at a time.
 */
export class GenerationStore {
  readonly #layout: HostLayout;
  readonly #owner: TreeOwner | undefined;
  readonly #options: StoreOptions;

  /** @param owner whom configuration layers belong to; undefined: this process */
  constructor(layout: HostLayout, owner: TreeOwner | undefined, options: StoreOptions = {}) {
    this.#layout = layout;
    this.#owner = owner;
    this.#options = options;
  }

  /** Looks, and writes nothing. */
  async preview(name: string, input: GenerationInput): Promise<GenerationPreview> {
    const { stored: _, ...preview } = await this.#plan(name, input);
    return preview;
  }

  /**
   * Publishes the next generation: after a crash it is there as a whole or not at all.
   *
   * The same content as the latest: that one is returned, and nothing is written.
   * @throws HostError DISK_FULL
   */
  async publish(name: string, input: GenerationInput): Promise<Generation> {
    const { stored, ...preview } = await this.#plan(name, input);
    const { warnings } = preview;
    if (stored !== undefined) return { ...this.#generation(stored), warnings };
    await this.#write(name, input, preview);
    return { ...(await this.load(name, preview.number)), warnings };
  }

  /** @throws HostError STATE_DAMAGED when it is missing or cannot be read */
  async load(name: string, number: number): Promise<Generation> {
    const directory = this.#layout.generation(name, number);
    const stored = await readGeneration(directory);
    if (stored?.number !== number)
      throw stateDamaged(directory, stored === undefined ? "it is missing" : `it says that it is ${stored.number}`);
    return this.#generation(stored);
  }

  /** What would be published; `stored` is the latest generation when it is the same. */
  async #plan(name: string, input: GenerationInput): Promise<GenerationPreview & { readonly stored?: StoredGeneration }> {
    const content = await planContent(this.#layout, input);
    const latest = await this.latest(name);
    if (latest === undefined) return { ...content, number: 1 };
    const stored = await this.#sameContent(name, latest, content.digest);
    return stored === undefined ? { ...content, number: latest + 1 } : { ...content, number: latest, stored };
  }

  #generation({ number, argv, serverCfg, exposed, port, buildId, overlays, ...stored }: StoredGeneration): Generation {
    const layers = stored.layers.map((layer) => join(this.#layout.root, layer));
    const managedFiles = ["server.cfg", ...exposed.map(exposedCfgName)].map((file) => `${cfgDirectory}/${file}`);
    return { number, layers, argv, managedFiles, serverCfg, exposed, port, buildId, overlays, warnings: [] };
  }

  /** The number of the newest generation; undefined when there is none. */
  async latest(name: string): Promise<number | undefined> {
    return (await this.#numbers(name)).at(-1);
  }

  /** Removes generations that are neither the latest nor in `keep`. @returns the numbers that were removed */
  async collect(name: string, keep: ReadonlySet<number>): Promise<number[]> {
    const removed = (await this.#numbers(name)).slice(0, -1).filter((number) => !keep.has(number));
    for (const number of removed) await this.#remove(name, number);
    return removed;
  }

  /** Removes what was published behind a generation, and never came to be used. */
  async withdraw(name: string, behind: number): Promise<void> {
    const withdrawn = (await this.#numbers(name)).filter((number) => number > behind);
    for (const number of withdrawn.reverse()) await this.#remove(name, number);
  }

  /** Out of sight first: half of a generation must not be found under its number. */
  async #remove(name: string, number: number): Promise<void> {
    const trash = this.#unfinished(name);
    try {
      await rename(this.#layout.generation(name, number), trash);
    } finally {
      await rm(trash, { recursive: true, force: true });
    }
  }

  async #write(name: string, input: GenerationInput, preview: GenerationPreview): Promise<void> {
    const { digest, number, buildId, overlays, exposed } = preview;
    const directory = this.#layout.generation(name, number);
    await this.#prepare(name);
    const temporary = this.#unfinished(name);
    const facts = { digest, number, port: input.spec.port, buildId, overlays: [...overlays], exposed: [...exposed] };
    const layers = [relative(this.#layout.root, layerOf(directory)), ...lowerLayers(this.#layout, input)];
    try {
      await this.#step("write the generation");
      await writeGeneration(temporary, facts, layers, preview, this.#owner);
      await syncTree(temporary, preview.configs.length + 3);
      await this.#step("rename the generation");
      await renameDurably(temporary, directory);
    } catch (error) {
      await rm(temporary, { recursive: true, force: true }).catch(() => {}); // the next one of this instance removes it
      throw await explainDiskError(error, this.#layout.root);
    }
  }

  /** Removes what a crash left half-made. */
  async clear(name: string): Promise<void> {
    const directory = this.#layout.generations(name);
    for (const entry of await listOrNothing(directory)) {
      if (entry.startsWith(unfinished)) await rm(join(directory, entry), { recursive: true, force: true });
    }
  }

  /** Makes gen/, durably, and removes what a crash left in it. */
  async #prepare(name: string): Promise<void> {
    const directory = this.#layout.generations(name);
    const made = await mkdir(directory, { recursive: true, mode: 0o700 });
    if (made !== undefined) for (const parent of [this.#layout.instance(name), this.#layout.instances]) await syncDirectory(parent);
    await this.clear(name);
  }

  /** The generation of this number, if it has this content. A damaged one has another: the next takes its place. */
  async #sameContent(name: string, number: number, digest: string): Promise<StoredGeneration | undefined> {
    const stored = await readGeneration(this.#layout.generation(name, number)).catch(() => undefined);
    return stored?.digest === digest && stored.number === number ? stored : undefined;
  }

  async #numbers(name: string): Promise<number[]> {
    const names = await listOrNothing(this.#layout.generations(name));
    return names
      .filter((entry) => /^[1-9]\d{0,14}$/.test(entry))
      .map(Number)
      .sort((a, b) => a - b);
  }

  #unfinished(name: string): string {
    return join(this.#layout.generations(name), `${unfinished}${randomBytes(6).toString("hex")}`);
  }

  async #step(name: string): Promise<void> {
    await this.#options.atStep?.(name);
  }
}

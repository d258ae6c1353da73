import { lstat, mkdir, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import type { HostLayout } from "../../domain/host-layout.ts";
import type { Overlay } from "../../domain/overlay.ts";
import { overlayRefsConflict, parseOverlayRef } from "../../domain/overlay-ref.ts";
import type { Upload } from "../api.ts";
import { replaceSymlinkDurably, stateDamaged, sweepTemporaryFiles, syncDirectory } from "../files/durable-file.ts";
import { sweepStaging, withStaging } from "../files/staging.ts";
import type { StoreOptions } from "../files/store-options.ts";
import type { TreeOwner } from "../files/tree-owner.ts";
import { Turns } from "../turns.ts";
import { extractArchive } from "../unpack/extract-archive.ts";
import { makeDirectories, pruneDirectories, removeEmptyDirectories } from "./overlay-directories.ts";
import { mutableOverlay, overlayNotFound, overlaysUnresolved, refConflict } from "./overlay-failures.ts";
import { findOverlay, linkTextFor, listNames, listOverlays, type OverlayPlace, type PlacedOverlay } from "./overlay-place.ts";
import { OverlayVersions, overlayStaging } from "./overlay-versions.ts";

/** An overlay as the store knows it; who uses it is known elsewhere. */
export type StoredOverlay = Omit<Overlay, "usedBy" | "editedInUse">;

/** An overlay behind its import. */
export type ImportedOverlay = StoredOverlay & {
  /** Whether the content differs from the version before. */
  readonly changed: boolean;
};

/** An overlay as a mount uses it. */
export type ResolvedOverlay = {
  readonly ref: string;
  /** Absolute; for an imported one the version's own directory, so that a later import changes nothing. */
  readonly directory: string;
  /** `sha256-…`; "" for a mutable one. */
  readonly version: string;
  readonly mutable: boolean;
};

/**
 * The overlays: references below overlays/, each a link to an immutable version, or a directory put there by hand.
 *
 * Uploads are unpacked side by side; what they change then happens one after the other, so that of two imports of one
 * reference the one that is complete last wins, and a stalled upload holds nobody.
 */
export class OverlayStore {
  readonly #layout: HostLayout;
  readonly #owner: TreeOwner | undefined;
  readonly #options: StoreOptions;
  readonly #versions: OverlayVersions;
  readonly #turns = new Turns();
  /** What is being removed: nobody used it when that was decided, and nobody is to begin. */
  readonly #going = new Set<string>();

  private constructor(layout: HostLayout, owner: TreeOwner | undefined, options: StoreOptions) {
    this.#layout = layout;
    this.#owner = owner;
    this.#options = options;
    this.#versions = new OverlayVersions(layout, (name) => this.#step(name));
  }

  /** Removes what a crash left of imports. @param owner whom published files belong to; undefined: this process */
  static async open(layout: HostLayout, owner: TreeOwner | undefined, options: StoreOptions = {}): Promise<OverlayStore> {
    for (const directory of [layout.overlays, layout.overlayVersions]) await mkdir(directory, { recursive: true, mode: 0o700 });
    await sweepStaging(layout.tmp, overlayStaging);
    for (const directory of [layout.overlayVersions, ...(await listNames(layout))]) await sweepTemporaryFiles(directory);
    return new OverlayStore(layout, owner, options);
  }

  /** In the order of the references. */
  async list(): Promise<StoredOverlay[]> {
    const found = await listOverlays(this.#layout);
    return await Promise.all(found.map((overlay) => this.#describe(overlay)));
  }

  /**
   * What a mount of the reference uses now.
   *
   * @throws HostError INVALID_OVERLAY_REF (grammar, or a link or file on the way), OVERLAY_NOT_FOUND, STATE_DAMAGED
   */
  async resolve(ref: string): Promise<ResolvedOverlay> {
    if (this.#going.has(ref)) throw overlayNotFound(ref, "nothing");
    const place = await findOverlay(this.#layout, parseOverlayRef(ref));
    if (place.type === "mutable") return { ref, directory: this.#layout.overlay(ref), version: "", mutable: true };
    if (place.type !== "version") throw overlayNotFound(ref, place.type);
    const directory = this.#layout.overlayVersion(place.version);
    if (!(await isDirectory(directory))) throw stateDamaged(this.#layout.overlay(ref), `its version ${place.version} is missing`);
    return { ref, directory, version: place.version, mutable: false };
  }

  /**
   * Resolves the overlays of a specification, in its order.
   *
   * @throws HostError INVALID_SPEC with a violation for each reference that is invalid; else OVERLAY_NOT_FOUND with one for
   * each that is missing
   */
  async resolveAll(refs: readonly string[]): Promise<ResolvedOverlay[]> {
    const results = await Promise.allSettled(refs.map((ref) => this.resolve(ref)));
    const failures = results.flatMap((result, index) => (result.status === "rejected" ? [{ index, error: result.reason as unknown }] : []));
    if (failures.length > 0) throw overlaysUnresolved(failures);
    return results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  }

  /**
   * Takes a version of an overlay from an uploaded archive and makes it the current one. All or nothing.
   *
   * The version before stays until {@link OverlayStore.collect}.
   * @returns the overlay as it then was
   * @throws HostError INVALID_OVERLAY_REF, OVERLAY_MUTABLE, OVERLAY_REF_CONFLICT, UPLOAD_REFUSED, UPLOAD_TOO_LARGE, DISK_FULL;
   * the signal's reason
   */
  async importArchive(ref: string, upload: Upload, signal: AbortSignal): Promise<ImportedOverlay> {
    // Before the upload: nobody should send gigabytes to be refused.
    await this.#placeFor(parseOverlayRef(ref));
    return await withStaging(this.#layout.tmp, overlayStaging, async (tree) => {
      const content = await extractArchive(upload, tree, { limits: this.#options.limits, owner: this.#owner, signal });
      return await this.#turns.take(async () => {
        const place = await this.#placeFor(ref);
        const version = await this.#versions.publish(tree, content);
        const changed = place.type !== "version" || place.version !== version;
        if (changed) await this.#link(ref, version, place);
        return { ...(await this.#describe({ ref, place: { type: "version", version } })), changed };
      });
    });
  }

  /**
   * Removes an overlay and directories that become empty. Its version stays until `collect`.
   *
   * @param refuse throws when the overlay is in use; asked when nothing else can change that any more
   * @returns false when there was no such overlay
   * @throws HostError INVALID_OVERLAY_REF, OVERLAY_MUTABLE
   */
  async delete(ref: string, refuse: () => void = () => {}): Promise<boolean> {
    return await this.#turns.take(async () => {
      const place = await findOverlay(this.#layout, parseOverlayRef(ref));
      if (place.type === "mutable") throw mutableOverlay(ref);
      if (place.type !== "version") return false;
      refuse();
      this.#going.add(ref);
      try {
        await this.#step("unlink");
        await this.#unlink(ref);
      } finally {
        this.#going.delete(ref);
      }
      return true;
    });
  }

  /**
   * Removes the versions that neither a reference nor `inUse` names.
   *
   * @param inUse asked when no import is under way; undefined: it cannot be told now, and nothing is removed
   * @returns what was removed
   */
  async collect(inUse: () => ReadonlySet<string> | undefined): Promise<string[]> {
    return await this.#turns.take(async () => {
      const used = inUse();
      return used === undefined ? [] : await this.#versions.keepOnly(await this.#kept(used));
    });
  }

  /** @throws HostError when an import cannot have the reference */
  async #placeFor(ref: string): Promise<OverlayPlace> {
    const place = await findOverlay(this.#layout, ref);
    if (place.type === "mutable") throw mutableOverlay(ref);
    const other = (await listOverlays(this.#layout)).find((overlay) => overlayRefsConflict(overlay.ref, ref));
    if (other !== undefined) throw refConflict(ref, other.ref);
    return place;
  }

  async #link(ref: string, version: string, place: OverlayPlace): Promise<void> {
    const link = this.#layout.overlay(ref);
    // Empty directories are nobody's overlay; what holds anything stays.
    if (place.type === "names" && !(await removeEmptyDirectories(link))) throw mutableOverlay(ref);
    await makeDirectories(this.#layout.overlays, dirname(ref));
    await this.#step("link");
    await replaceSymlinkDurably(link, linkTextFor(this.#layout, link, version));
  }

  async #unlink(ref: string): Promise<void> {
    const link = this.#layout.overlay(ref);
    await unlink(link);
    await syncDirectory(dirname(link));
    await pruneDirectories(this.#layout.overlays, dirname(ref));
  }

  async #kept(inUse: ReadonlySet<string>): Promise<ReadonlySet<string>> {
    const linked = (await listOverlays(this.#layout)).flatMap(({ place }) => (place.type === "version" ? [place.version] : []));
    return new Set([...linked, ...inUse]);
  }

  async #describe({ ref, place }: PlacedOverlay): Promise<StoredOverlay> {
    if (place.type !== "version") return { ref, mutable: true, version: "" };
    return { ref, mutable: false, version: place.version, ...(await this.#versions.facts(place.version)) };
  }

  async #step(name: string): Promise<void> {
    await this.#options.atStep?.(name);
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isDirectory() === true;
}

import type { Dirent } from "node:fs";
import { readdir, readlink } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { HostError } from "../../domain/host-error.ts";
import type { HostLayout } from "../../domain/host-layout.ts";
import { overlayRefProblem } from "../../domain/overlay-ref.ts";
import { errorCode } from "../files/disk-full.ts";
import { lstatOrNothing } from "../files/lstat-or-nothing.ts";

/** Names of versions: the digest of their content. */
export const overlayVersionPattern = /^sha256-[0-9a-f]{64}$/;

/**
 * What lies at a reference below overlays/.
 *
 * - version: our link, which points to overlay-versions/<version> and nowhere else;
 * - mutable: a real directory that holds `left4dead2` or a regular file: an overlay put there by hand;
 * - names: any other real directory (also one that holds a link of ours): a component of longer references;
 * - nothing.
 */
export type OverlayPlace = { readonly type: "version"; readonly version: string } | { readonly type: "mutable" | "names" | "nothing" };

/**
 * Looks at a reference, component by component, without following a link.
 *
 * @throws HostError INVALID_OVERLAY_REF for any link but ours as the last component, and for what is no directory
 */
export async function findOverlay(layout: HostLayout, ref: string): Promise<OverlayPlace> {
  const components = ref.split("/");
  for (let length = 1; length < components.length; length += 1) {
    const parent = components.slice(0, length).join("/");
    const place = await placeOf(layout, ref, parent);
    // Inside another overlay there are no overlays.
    if (place.type !== "names") return { type: "nothing" };
  }
  return await placeOf(layout, ref, ref);
}

async function placeOf(layout: HostLayout, ref: string, part: string): Promise<OverlayPlace> {
  const path = layout.overlay(part);
  const found = await lstatOrNothing(path);
  if (found === undefined) return { type: "nothing" };
  if (found.isDirectory()) return { type: await directoryType(layout, path) };
  if (!found.isSymbolicLink()) throw invalidPlace(ref, part, "is not a directory");
  const version = await linkedVersion(layout, path);
  if (version === undefined)
    throw invalidPlace(ref, part, "is a symbolic link that the host did not make; overlays are directories, or imported");
  return { type: "version", version };
}

/** The version that a link of ours points to; undefined for any other link. The text is compared, nothing is followed. */
export async function linkedVersion(layout: HostLayout, link: string): Promise<string | undefined> {
  const text = await readlink(link).catch(() => "");
  const version = text.slice(text.lastIndexOf("/") + 1);
  return overlayVersionPattern.test(version) && text === linkTextFor(layout, link, version) ? version : undefined;
}

/** The text of our link: relative, so that a root can be moved as a whole. */
export function linkTextFor(layout: HostLayout, link: string, version: string): string {
  return relative(dirname(link), layout.overlayVersion(version));
}

async function directoryType(layout: HostLayout, directory: string): Promise<"mutable" | "names"> {
  const entries = await entriesOf(directory);
  for (const entry of entries) {
    if (entry.isSymbolicLink() && (await linkedVersion(layout, join(directory, entry.name))) !== undefined) return "names";
  }
  return entries.some((entry) => entry.isFile() || (entry.isDirectory() && entry.name === "left4dead2")) ? "mutable" : "names";
}

/** An overlay and where it was found. */
export type PlacedOverlay = { readonly ref: string; readonly place: OverlayPlace };

/** Every overlay, in the order of the references. What could not be resolved (other links, files) is passed over. */
export async function listOverlays(layout: HostLayout): Promise<PlacedOverlay[]> {
  const found: PlacedOverlay[] = [];
  for await (const { ref, place } of walk(layout, "")) {
    if (place.type !== "names") found.push({ ref, place });
  }
  return found.sort((a, b) => (a.ref < b.ref ? -1 : 1));
}

/** The directories whose entries are overlays or parts of references; absolute, overlays/ itself first. */
export async function listNames(layout: HostLayout): Promise<string[]> {
  const found = [layout.overlays];
  for await (const { ref, place } of walk(layout, "")) {
    if (place.type === "names") found.push(layout.overlay(ref));
  }
  return found;
}

/** Everything below a directory of names that a reference could name. */
async function* walk(layout: HostLayout, names: string): AsyncGenerator<PlacedOverlay> {
  for (const entry of await entriesOf(layout.overlay(names))) {
    const ref = names === "" ? entry.name : `${names}/${entry.name}`;
    if (overlayRefProblem(ref) !== undefined) continue;
    if (entry.isSymbolicLink()) {
      const version = await linkedVersion(layout, layout.overlay(ref));
      if (version !== undefined) yield { ref, place: { type: "version", version } };
    } else if (entry.isDirectory()) {
      const type = await directoryType(layout, layout.overlay(ref));
      yield { ref, place: { type } };
      if (type === "names") yield* walk(layout, ref);
    }
  }
}

async function entriesOf(directory: string): Promise<Dirent[]> {
  try {
    return await readdir(directory, { withFileTypes: true });
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}

function invalidPlace(ref: string, part: string, problem: string): HostError {
  const description = part === ref ? problem : `leads through "${part}", which ${problem}`;
  return new HostError("INVALID_OVERLAY_REF", `the overlay "${ref}" ${description}`, {
    metadata: { ref, problem: description },
    violations: [{ field: "ref", description }],
  });
}

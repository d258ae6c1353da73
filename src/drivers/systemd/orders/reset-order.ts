import { mkdir, readlink, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { hostLayout } from "../../../domain/host-layout.ts";
import { normalizeGlobs } from "../../../domain/preserve-glob.ts";
import { explainDiskFull } from "../../../host/files/disk-full.ts";
import { replaceSymlinkDurably } from "../../../host/files/durable-file.ts";
import { listOrNothing } from "../../../host/files/staging.ts";

/** What a reset keeps, as the helper reads it. */
export type ResetOrder = {
  readonly preserve: readonly string[];
  readonly archive?: { readonly id: string; readonly buildId: string };
  /** So many archives stay; unset: nothing is said of them. 0: none, and nothing that could hold some. */
  readonly keep?: number;
};

/**
 * Publishes what a reset is to keep, in the format of systemd/README.md ("The agreement on disk"): links, whose texts are the
 * order, because the helper opens no file of ours. Where there is nothing to keep there is no order.
 *
 * @throws HostError DISK_FULL
 */
export async function publishResetOrder(root: string, name: string, order: ResetOrder): Promise<void> {
  const links = linksOf(order);
  // PID 1 may be about to carry out what an earlier daemon ordered: the same order must not be missing for a moment.
  if (links.length > 0 && (await isPublished(resetOrder(root, name), links))) return;
  await withdrawResetOrder(root, name);
  if (links.length === 0) return;
  const unfinished = `${resetOrder(root, name)}.new`;
  try {
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { mode: 0o700 });
    for (const [link, text] of links) await symlink(text, join(unfinished, link));
    await rename(unfinished, resetOrder(root, name));
  } catch (error) {
    throw await explainDiskFull(error, root);
  }
}

/** Takes an order back, so that a reset by hand keeps nothing. */
export async function withdrawResetOrder(root: string, name: string): Promise<void> {
  await rm(resetOrder(root, name), { recursive: true, force: true });
}

/** What can be done with an archive: put back, or removed. */
export type ArchiveVerb = "restore" | "drop";

/** Publishes of which archive it is to be done. @throws HostError DISK_FULL */
export async function publishArchiveOrder(root: string, name: string, verb: ArchiveVerb, archiveId: string): Promise<void> {
  await replaceSymlinkDurably(archiveOrder(root, name, verb), archiveId);
}

/** Takes such an order back. */
export async function withdrawArchiveOrder(root: string, name: string, verb: ArchiveVerb): Promise<void> {
  await rm(archiveOrder(root, name, verb), { force: true });
}

async function isPublished(order: string, links: readonly [link: string, text: string][]): Promise<boolean> {
  if ((await listOrNothing(order)).length !== links.length) return false;
  const texts = links.map(([link]) => readlink(join(order, link)).catch(() => undefined));
  return (await Promise.all(texts)).every((text, index) => text === links[index]?.[1]);
}

function linksOf({ preserve, archive, keep }: ResetOrder): [link: string, text: string][] {
  const globs = normalizeGlobs(preserve).map((glob, index): [string, string] => [String(index).padStart(3, "0"), glob]);
  const kept: [string, string][] = keep === undefined ? [] : [["keep", String(keep)]];
  if (archive !== undefined) kept.push(["archive", archive.id]);
  // A link has a text.
  if (archive !== undefined && archive.buildId !== "") kept.push(["build", archive.buildId]);
  return [...globs, ...kept];
}

function resetOrder(root: string, name: string): string {
  return join(hostLayout(root).instance(name), "reset");
}

function archiveOrder(root: string, name: string, verb: ArchiveVerb): string {
  return join(hostLayout(root).instance(name), verb);
}

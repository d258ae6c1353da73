import type { Dirent } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../files/disk-full.ts";

/** A name as it is seen through a stack of layers. */
export type SeenEntry = {
  /** Relative to the top of the stack. */
  readonly path: string;
  readonly type: "file" | "directory" | "symlink";
  /** The absolute path of the topmost layer's own. */
  readonly source: string;
};

/**
 * Yields what an overlay mount of `layers` would show, directories before what they hold.
 *
 * A whiteout, a character device 0/0, hides what lies below it. Layers of builds have no opaque directories: whoever makes
 * a layer writes a whiteout for every name that one would hide.
 * @param layers absolute, top first
 */
export async function* viewLayers(layers: readonly string[]): AsyncGenerator<SeenEntry> {
  const directories: { readonly path: string; readonly sources: readonly string[] }[] = [{ path: "", sources: layers }];
  for (let next = directories.pop(); next !== undefined; next = directories.pop()) {
    for (const [name, found] of await mergedNames(next.sources)) {
      const path = next.path === "" ? name : `${next.path}/${name}`;
      if (found.type !== "whiteout") yield { path, type: found.type, source: found.sources[0] as string };
      if (found.type === "directory") directories.push({ path, sources: found.sources });
    }
  }
}

/** What a stack of layers shows, in sum. */
export async function measureLayers(layers: readonly string[]): Promise<{ readonly sizeBytes: number; readonly files: number }> {
  let sizeBytes = 0;
  let files = 0;
  for await (const { type, source } of viewLayers(layers)) {
    if (type !== "file") continue;
    files += 1;
    sizeBytes += (await lstat(source)).size;
  }
  return { sizeBytes, files };
}

/** Where a stack has a path; undefined where it shows none. The path is normal and relative. */
export async function findInLayers(layers: readonly string[], path: string): Promise<SeenEntry | undefined> {
  let sources = layers;
  const steps = path.split("/");
  for (const [index, step] of steps.entries()) {
    const found = await lookUp(sources, step);
    if (found === undefined || found.type === "whiteout") return undefined;
    if (index === steps.length - 1) return { path, type: found.type, source: found.sources[0] as string };
    if (found.type !== "directory") return undefined;
    sources = found.sources;
  }
  return undefined;
}

type Kind = SeenEntry["type"] | "whiteout";

/** What a name is, and for a directory every layer's own that the mount would merge. */
type Found = { readonly type: Kind; readonly sources: string[] };

/** The names of a directory, each as the topmost layer has it. */
async function mergedNames(sources: readonly string[]): Promise<Map<string, Found>> {
  const names = new Map<string, Found>();
  const closed = new Set<string>();
  for (const source of sources) {
    for (const entry of await readdir(source, { withFileTypes: true })) {
      if (!closed.has(entry.name)) addName(names, closed, join(source, entry.name), entry);
    }
  }
  return names;
}

function addName(names: Map<string, Found>, closed: Set<string>, source: string, entry: Dirent): void {
  const type = kindOf(entry);
  const above = names.get(entry.name);
  if (above === undefined) names.set(entry.name, { type, sources: [source] });
  else if (type === "directory") above.sources.push(source);
  // Nothing below what is no directory is merged into what lies above it.
  if (type !== "directory") closed.add(entry.name);
}

async function lookUp(sources: readonly string[], name: string): Promise<Found | undefined> {
  let found: Found | undefined;
  for (const source of sources) {
    const path = join(source, name);
    const status = await lstat(path).catch((error: unknown) => {
      if (errorCode(error) === "ENOENT") return undefined;
      throw error;
    });
    if (status === undefined) continue;
    const type = kindOf(status);
    if (found === undefined) found = { type, sources: [path] };
    else if (type === "directory") found.sources.push(path);
    if (type !== "directory") return found;
  }
  return found;
}

function kindOf(entry: Pick<Dirent, "isDirectory" | "isSymbolicLink" | "isCharacterDevice">): Kind {
  if (entry.isDirectory()) return "directory";
  if (entry.isSymbolicLink()) return "symlink";
  return entry.isCharacterDevice() ? "whiteout" : "file";
}

import { toldFiles } from "../../domain/told-files.ts";
import type { WrittenFiles } from "../../domain/written-files.ts";
import type { FileOrigin } from "../api.ts";
import type { MergedFile } from "./merged-files.ts";

/** What a look at files is for: configuration, addons with their plugins, and the texts that say what is played. */
const ofInterest = [
  /^left4dead2\/cfg\/.*\.cfg$/i,
  /^left4dead2\/addons\/.*\.(?:vpk|vdf|smx|so)$/i,
  /^left4dead2\/(?:my)?(?:motd|host)[^/]*\.txt$/i,
  /^left4dead2\/(?:map|mission)cycle[^/]*\.txt$/i,
  /^left4dead2\/maplist\.txt$/i,
  /^left4dead2\/missions\/[^/]+\.txt$/i,
];

/**
 * The files that are worth telling, by path: whatever hides something, and what is {@link ofInterest}. Where there are too
 * many, those that hide nothing are left out first.
 */
export function fileOrigins(files: Iterable<MergedFile>): { readonly files: readonly FileOrigin[]; readonly truncated: boolean } {
  const hiding: FileOrigin[] = [];
  const others: FileOrigin[] = [];
  for (const { path, layer, hides, sizeBytes } of files) {
    if (hides.length > 0) hiding.push({ path, layer, hides, sizeBytes });
    else if (ofInterest.some((pattern) => pattern.test(path))) others.push({ path, layer, hides, sizeBytes });
  }
  const told = toldFiles([...hiding.sort(byPath), ...others.sort(byPath)]);
  return { files: [...told].sort(byPath), truncated: told.length < hiding.length + others.length };
}

/**
 * The same files with what the game has written on top of them, in layer 0: it hides what is below, or has deleted it.
 *
 * @param managed the paths that every start takes from the generated configuration, whatever was written
 */
export function withWritten(files: readonly FileOrigin[], written: WrittenFiles | undefined, managed: readonly string[]): FileOrigin[] {
  if (written === undefined) return [...files];
  const changes = new Map(written.files.map((file) => [file.path, file]));
  return files.flatMap((file) => {
    if (managed.includes(file.path)) return [file];
    if (parentsOf(file.path).some((parent) => changes.has(parent))) return []; // a file or nothing stands there now
    const change = changes.get(file.path);
    if (change === undefined) return [file];
    return change.deleted ? [] : [{ ...file, layer: 0, hides: [file.layer, ...file.hides], sizeBytes: change.sizeBytes }];
  });
}

/** `a/b/c` → `a`, `a/b`. */
function parentsOf(path: string): string[] {
  const components = path.split("/");
  return components.slice(1).map((_, index) => components.slice(0, index + 1).join("/"));
}

function byPath(a: FileOrigin, b: FileOrigin): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}

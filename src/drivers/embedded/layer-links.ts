import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TreePaths } from "./instance-paths.ts";

/**
 * Empties the run directory and lays the links that init.sh mounts: 0, 1, … to the layers, u and w to upper and work;
 * and the list of the managed files that it must see afterwards.
 *
 * Links, because their names are short and plain whatever the layers are called: 100 long names do not fit into the
 * one page that mount(2) takes, and spaces, commas or colons in a path would end an option. Overlayfs follows them once,
 * at the mount; nobody else can write to this directory.
 */
export function layLinks(paths: TreePaths, layers: readonly string[], managed: readonly string[]): void {
  rmSync(paths.run, { recursive: true, force: true });
  mkdirSync(paths.run, { recursive: true, mode: 0o700 });
  for (const [index, layer] of layers.entries()) symlinkSync(layer, join(paths.run, String(index)));
  symlinkSync(paths.upper, join(paths.run, "u"));
  symlinkSync(paths.work, join(paths.run, "w"));
  const generated = managed.filter((path) => layers.some((layer) => existsSync(join(layer, path))));
  writeFileSync(join(paths.run, "managed"), generated.map((path) => `${path}\n`).join(""));
}

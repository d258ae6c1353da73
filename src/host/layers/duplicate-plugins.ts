import { basename } from "node:path";
import type { Warning } from "../../domain/instance.ts";
import { Examples } from "./finding.ts";
import type { MergedFile } from "./merged-files.ts";

/** Where SourceMod looks for plugins, below the game directory. */
export const pluginDirectory = "left4dead2/addons/sourcemod/plugins";

const mostWarnings = 20;

/** SourceMod passes over directories of these names, however deep (PluginSys.cpp, LoadPluginsFromDir). */
const notLoaded = /\/(?:disabled|optional)\//i;

/** Finds plugins that SourceMod would load more than once, because they lie under several paths. */
export function duplicatePlugins(files: Iterable<MergedFile>): Warning[] {
  const paths = new Map<string, string[]>();
  for (const { path } of files) {
    if (!path.startsWith(`${pluginDirectory}/`) || !/\.smx$/i.test(path) || notLoaded.test(path)) continue;
    const name = basename(path).toLowerCase();
    paths.set(name, [...(paths.get(name) ?? []), path]);
  }
  const twice = [...paths].filter(([, found]) => found.length > 1).sort(([a], [b]) => (a < b ? -1 : 1));
  return twice.slice(0, mostWarnings).map(([name, found]) => {
    const examples = new Examples();
    for (const path of found.sort()) examples.add(path);
    return { code: "DUPLICATE_PLUGIN", message: `the plugin ${name} is loaded more than once: ${examples}; keep one of them` };
  });
}

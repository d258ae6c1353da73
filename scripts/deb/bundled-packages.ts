import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** An npm package whose code the bundles may hold. */
export type BundledPackage = {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** Its files of terms and notices, by their names; empty when it has none. */
  readonly texts: Readonly<Record<string, string>>;
};

type Manifest = {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
};

/** The dependencies of the project and theirs, by name. More than what is bundled in the end, never less. */
export function bundledPackages(root: string): BundledPackage[] {
  const found = new Map<string, BundledPackage>();
  const add = (name: string) => {
    if (found.has(name)) return;
    const directory = join(root, "node_modules", name);
    const { version, license, dependencies } = manifestIn(directory);
    if (license === undefined) throw new Error(`the npm package ${name} names no licence`);
    found.set(name, { name, version, license, texts: legalTexts(directory) });
    for (const dependency of Object.keys(dependencies ?? {})) add(dependency);
  };
  for (const name of Object.keys(manifestIn(root).dependencies ?? {})) add(name);
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function manifestIn(directory: string): Manifest {
  return JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as Manifest;
}

function legalTexts(directory: string): Record<string, string> {
  const names = readdirSync(directory).filter((name) => /^(?:licen[cs]e|notice|copying)/i.test(name));
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(directory, name), "utf8")]));
}

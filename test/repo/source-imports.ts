import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** The project's root directory. */
export const projectRoot = join(import.meta.dirname, "../..");

/** One module of src/ and what it imports; types count as much as values. */
export type SourceModule = {
  /** Below src/, e.g. `host/driver.ts`. */
  readonly path: string;
  readonly text: string;
  /** As written, e.g. `../domain/etag.ts` or `zod`. */
  readonly specifiers: readonly string[];
};

const importForms = [/^\s*(?:import|export)\b[^;"'`]*?\bfrom\s+"([^"]+)"/gm, /^\s*import\s+"([^"]+)"/gm, /\bimport\(\s*"([^"]+)"\s*\)/g];

/** All modules of src/. */
export function sourceModules(): SourceModule[] {
  return globSync("**/*.ts", { cwd: join(projectRoot, "src") })
    .sort()
    .map(readModule);
}

function readModule(path: string): SourceModule {
  const text = readFileSync(join(projectRoot, "src", path), "utf8");
  return { path, text, specifiers: importForms.flatMap((form) => [...text.matchAll(form)].map((match) => match[1] ?? "")) };
}

/** The folder of src/ that a path below src/ belongs to. */
export function folderOf(path: string): string {
  return path.split("/")[0] ?? "";
}

/** The path below src/ that a relative specifier leads to; it begins with `../` when it leads out. */
export function target(module: SourceModule, specifier: string): string | undefined {
  return specifier.startsWith(".") ? normalize(join(dirname(module.path), specifier)) : undefined;
}

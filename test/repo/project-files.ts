import { readdirSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "./source-imports.ts";

/** Folders whose content is not the project's. */
const foreign = ["node_modules", "dist", ".git", ".left4me", "coverage"];

/** All files that belong to the project, below its root. */
export function projectFiles(directory = ""): string[] {
  return readdirSync(join(projectRoot, directory), { withFileTypes: true })
    .filter(({ name }) => !foreign.includes(name) && !/^dist-|\.tgz$/.test(name))
    .flatMap((entry) => {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) return projectFiles(path);
      return entry.isFile() ? [path] : [];
    })
    .sort();
}

import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** A file or directory below a tree. */
export type TreeEntry = { readonly path: string; readonly isDirectory: boolean; readonly size: number };

/** Everything below a directory, sorted by path; paths are relative. */
export function treeEntries(tree: string): TreeEntry[] {
  const paths = readdirSync(tree, { recursive: true, encoding: "utf8" }).sort();
  return paths.map((path) => {
    const stat = lstatSync(join(tree, path));
    if (!stat.isDirectory() && !stat.isFile()) throw new Error(`${path} is neither a file nor a directory`);
    return { path, isDirectory: stat.isDirectory(), size: stat.size };
  });
}

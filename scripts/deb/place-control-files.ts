import { createHash } from "node:crypto";
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fillTemplate } from "./fill-template.ts";
import { treeEntries } from "./tree-entries.ts";

/** What the template packaging/debian/control leaves open. */
export type ControlValues = { readonly version: string; readonly architecture: string; readonly sharedLibraries: string };

/** Adds DEBIAN/ to a tree that holds all files: control, md5sums, conffiles, maintainer scripts. */
export function placeControlFiles(tree: string, root: string, values: ControlValues): void {
  const files = treeEntries(tree);
  const sums = files.filter(({ isDirectory }) => !isDirectory).map(({ path }) => `${md5(join(tree, path))}  ${path}\n`);
  const debian = join(root, "packaging/debian");
  const control = join(tree, "DEBIAN");
  mkdirSync(control);
  writeFileSync(join(control, "control"), controlText(readFileSync(join(debian, "control"), "utf8"), values, installedSize(files)));
  writeFileSync(join(control, "md5sums"), sums.join(""));
  cpSync(join(debian, "conffiles"), join(control, "conffiles"));
  for (const script of ["postinst", "prerm", "postrm"]) {
    cpSync(join(debian, script), join(control, script));
    chmodSync(join(control, script), 0o755);
  }
}

function controlText(template: string, { version, architecture, sharedLibraries }: ControlValues, size: number): string {
  const filled = fillTemplate(template, {
    VERSION: version,
    ARCHITECTURE: architecture,
    INSTALLED_SIZE: String(size),
    SHARED_LIBRARIES: sharedLibraries,
  });
  return filled.replaceAll(/^(?:Depends|Recommends|Suggests): .*\n/gm, (line) => forArchitecture(line, architecture));
}

/** `libc6-i386 [amd64]` is meant for amd64 only; a field that loses its last package goes. */
function forArchitecture(line: string, architecture: string): string {
  const [field = "", list = ""] = line.trimEnd().split(": ");
  const kept = list.split(", ").flatMap((name) => {
    const [, bare = name, only] = /^(.*) \[(\w+)\]$/.exec(name) ?? [];
    return only === undefined || only === architecture ? [bare] : [];
  });
  return kept.length === 0 ? "" : `${field}: ${kept.join(", ")}\n`;
}

/** In KiB, counted as dpkg-gencontrol(1) does: files rounded up, everything else as one. */
function installedSize(entries: ReturnType<typeof treeEntries>): number {
  return entries.reduce((sum, { isDirectory, size }) => sum + (isDirectory ? 1 : Math.ceil(size / 1024)), 0);
}

function md5(path: string): string {
  return createHash("md5").update(readFileSync(path)).digest("hex");
}

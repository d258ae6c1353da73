import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { projectRoot } from "./source-imports.ts";

type Manifest = { readonly dependencies: Record<string, string>; readonly devDependencies: Record<string, string> };

/** Builds the package, as it would be packed, into `directory`; the tree of the project stays as it is. */
export function buildPackage(directory: string, options: { readonly withBundles: boolean }): void {
  mkdirSync(directory, { recursive: true });
  const args = ["--out", join(directory, "dist"), ...(options.withBundles ? [] : ["--no-bundle"])];
  execFileSync(process.execPath, [join(projectRoot, "scripts/build.ts"), ...args], { cwd: projectRoot, stdio: "pipe" });
  for (const path of ["package.json", "README.md", "LICENSE", "CHANGELOG.md", "proto"]) {
    if (existsSync(join(projectRoot, path))) cpSync(join(projectRoot, path), join(directory, path), { recursive: true });
  }
}

/** Makes packages that are installed here, and the built one, importable below `project`. */
export function linkPackages(project: string, built: string): void {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")) as Manifest;
  symlink(built, join(project, "node_modules/left4me-host"));
  symlink(join(projectRoot, "node_modules"), join(built, "node_modules"));
  for (const name of [...Object.keys(dependencies), ...Object.keys(devDependencies).filter((dev) => dev.startsWith("@types/"))]) {
    symlink(join(projectRoot, "node_modules", name), join(project, "node_modules", name));
  }
}

function symlink(to: string, at: string): void {
  if (existsSync(at)) return;
  mkdirSync(dirname(at), { recursive: true });
  symlinkSync(to, at);
}

import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { manPages } from "../man/man-pages.ts";
import { copyright } from "./copyright.ts";
import { type NodeRuntime, ownArchitecture } from "./node-runtime.ts";

/** What the tree is made from. */
export type Sources = {
  readonly root: string;
  /** Debian's name. */
  readonly architecture: string;
  readonly runtime: NodeRuntime;
  readonly version: string;
  readonly epoch: number;
};

/** Where the programs look for each other. The bundles find package.json where the npm package has it as well. */
const lib = "usr/lib/left4me-host";
const bundles = `${lib}/dist/bundle`;

/** Fills a directory with what the package puts below `/`. */
export function placeFiles(tree: string, sources: Sources): void {
  placeSystemd(tree, sources);
  placePrograms(tree, sources);
  placeCompletions(tree);
  placeDocuments(tree, sources);
}

/** Debian's names of the compilers for another architecture than this machine's (packages gcc-aarch64-linux-gnu, …). */
const crossCompilers: Readonly<Record<string, string>> = { amd64: "x86_64-linux-gnu-gcc", arm64: "aarch64-linux-gnu-gcc" };

/** systemd/install.sh is the list of what goes where; it serves test hosts and sources as well. */
function placeSystemd(tree: string, { root, architecture }: Sources): void {
  const compiler = architecture === ownArchitecture ? undefined : crossCompilers[architecture];
  const env = compiler === undefined ? process.env : { ...process.env, CC: compiler };
  execFileSync(join(root, "systemd/install.sh"), [tree], { stdio: "inherit", env });
}

function placePrograms(tree: string, { root, runtime }: Sources): void {
  const built = mkdtempSync(join(tmpdir(), "left4me-deb-build-"));
  try {
    execFileSync(process.execPath, [join(root, "scripts/build.ts"), "--out", join(built, "dist")], { cwd: root, stdio: "inherit" });
    for (const name of readdirSync(join(built, "dist/bundle"))) placeBundle(join(built, "dist/bundle", name), join(tree, bundles, name));
  } finally {
    rmSync(built, { recursive: true, force: true });
  }
  const { name, version, type } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<string, unknown>;
  write(join(tree, lib, "package.json"), `${JSON.stringify({ name, version, type }, undefined, 2)}\n`);
  copy(join(runtime.directory, "bin/node"), join(tree, lib, "node"), 0o755);
  for (const program of readdirSync(join(root, "packaging/bin")))
    copy(join(root, "packaging/bin", program), join(tree, "usr/bin", program), 0o755);
}

/** Bundles are run by the Node.js beside them, never by the one of PATH that their first line names. */
function placeBundle(from: string, to: string): void {
  copy(from, to, 0o644);
  const text = readFileSync(from, "utf8");
  if (text.startsWith("#!/usr/bin/env node\n")) writeFileSync(to, text.slice(text.indexOf("\n") + 1));
  else if (text.startsWith("#!")) chmodSync(to, 0o755);
}

function placeCompletions(tree: string): void {
  const places = {
    bash: "usr/share/bash-completion/completions/l4d2ctl",
    zsh: "usr/share/zsh/vendor-completions/_l4d2ctl",
    fish: "usr/share/fish/vendor_completions.d/l4d2ctl.fish",
  };
  for (const [shell, place] of Object.entries(places)) {
    const script = execFileSync(process.execPath, [join(tree, bundles, "l4d2ctl.js"), "completion", shell], { encoding: "utf8" });
    write(join(tree, place), script);
  }
}

function placeDocuments(tree: string, { root, runtime, version, epoch }: Sources): void {
  const documents = join(tree, "usr/share/doc/left4me-host");
  const debian = join(root, "packaging/debian");
  write(join(documents, "copyright"), copyright(root, runtime));
  write(join(documents, "changelog.Debian.gz"), compressed(readFileSync(join(debian, "changelog"))));
  write(join(documents, "changelog.gz"), compressed(readFileSync(join(root, "CHANGELOG.md"))));
  copy(join(debian, "README.Debian"), join(documents, "README.Debian"), 0o644);
  for (const example of readdirSync(join(root, "packaging/examples")))
    copy(join(root, "packaging/examples", example), join(documents, "examples", example), 0o644);
  const schema = "instance-spec.schema.json";
  copy(join(root, "docs/reference", schema), join(tree, "usr/share/left4me-host", schema), 0o644);
  copy(join(debian, "lintian-overrides"), join(tree, "usr/share/lintian/overrides/left4me-host"), 0o644);
  for (const [file, text] of Object.entries(manPages(version, epoch)))
    write(join(tree, `usr/share/man/man${file.at(-1)}`, `${file}.gz`), compressed(text));
}

/** As `gzip -9n`: without a name and a time. */
function compressed(content: string | Buffer): Buffer {
  return gzipSync(content, { level: 9 });
}

function copy(from: string, to: string, mode: number): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to);
  chmodSync(to, mode);
}

function write(path: string, content: string | Buffer): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

import type { Dirent } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { HostError } from "../../domain/host-error.ts";
import { lstatOrNothing } from "../files/lstat-or-nothing.ts";
import { readBeneath } from "../files/read-beneath.ts";
import { isExecutable } from "../files/tree-owner.ts";
import { refuseArchive } from "../unpack/archive-refused.ts";
import { findInLayers } from "./layer-view.ts";

const launcher = "srcds_run";
const steamManifest = "steamapps/appmanifest_222860.acf";
const largestManifest = 1024 * 1024;

/** @throws HostError UPLOAD_REFUSED unless the tree has an executable regular file `srcds_run` at its top */
export async function checkBuildContent(tree: string): Promise<void> {
  const found = await lstatOrNothing(join(tree, launcher));
  if (found?.isFile() === true && isExecutable(found.mode)) return;
  if (found?.isFile() === true) throw refuseArchive(`is no game build: its ${launcher} is not executable`);
  if (found !== undefined) throw refuseArchive(`is no game build: its ${launcher} is not a regular file`);
  const wrapper = await wrapperOf(tree);
  if (wrapper === undefined) throw refuseArchive(`is no game build: it has no ${launcher} at its top`);
  throw refuseArchive(
    `has the game inside the directory ${JSON.stringify(wrapper)}: pack that directory's content (tar -C ${wrapper} -cf build.tar .)`,
  );
}

/** The single top directory that everything lies in, when it holds the game. */
async function wrapperOf(tree: string): Promise<string | undefined> {
  const entries: Dirent[] = await readdir(tree, { withFileTypes: true });
  const [only] = entries;
  if (entries.length !== 1 || only?.isDirectory() !== true) return undefined;
  return (await lstatOrNothing(join(tree, only.name, launcher))) === undefined ? undefined : only.name;
}

/** @throws HostError INSTALL_INCOMPLETE unless a stack of layers shows a game that can be executed */
export async function checkInstalled(layers: readonly string[]): Promise<void> {
  for (const program of [launcher, "srcds_linux"]) {
    const found = await findInLayers(layers, program);
    if (found?.type === "file" && isExecutable((await lstat(found.source)).mode)) continue;
    throw new HostError("INSTALL_INCOMPLETE", `the installation has no ${program} that can be executed; install again with --validate`, {
      metadata: { missing: program },
    });
  }
}

/** The `buildid` of the Steam manifest that a stack of layers shows; "" when there is none that can be read. */
export async function steamBuildIdIn(layers: readonly string[]): Promise<string> {
  const found = await findInLayers(layers, steamManifest);
  return found === undefined ? "" : await steamBuildIdOf(found.source.slice(0, -steamManifest.length - 1));
}

/** The `buildid` of the tree's Steam manifest (Valve's KeyValues text); "" when there is none that can be read. */
export async function steamBuildIdOf(tree: string): Promise<string> {
  const file = await readBeneath(dirname(tree), basename(tree), steamManifest, largestManifest);
  if (file.type !== "content") return "";
  return /^\s*"buildid"\s+"(\d{1,20})"/im.exec(file.content.toString("utf8"))?.[1] ?? "";
}

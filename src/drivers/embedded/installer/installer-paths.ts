import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { HostError } from "../../../domain/host-error.ts";
import { type TreePaths, treePaths } from "../instance-paths.ts";

/**
 * Where the driver keeps its installer.
 *
 *   install/exchange/order    what is to be installed
 *   install/exchange/outbox/  what the installer tells
 *   install/exchange/home/    its HOME: SteamCMD, when it was downloaded, and what that keeps
 *   install/stage/            the process tree, as an instance has one, and its upper
 */
export type InstallerPaths = {
  readonly exchange: string;
  readonly order: string;
  readonly outbox: string;
  readonly home: string;
  /** The lowest layer of an installation from nothing. */
  readonly nothing: string;
  readonly stage: TreePaths;
};

/** Returns the paths below LEFT4ME_ROOT. */
export function installerPaths(root: string): InstallerPaths {
  const exchange = join(root, "install", "exchange");
  const state = join(root, "install", "stage");
  return {
    exchange,
    order: join(exchange, "order"),
    outbox: join(exchange, "outbox"),
    home: join(exchange, "home"),
    nothing: join(state, "nothing"),
    stage: treePaths(state, join(state, "tree")),
  };
}

/** The installer's program and the directory that holds all that it needs: the sources, the package, or the bundles. */
export function installerProgram(): { readonly main: string; readonly directory: string } {
  const candidates = ["../../../installer/main.ts", "../../../installer/main.js", "./left4me-installer.js"];
  const main = candidates.map((path) => fileURLToPath(new URL(path, import.meta.url))).find((path) => existsSync(path));
  if (main === undefined)
    throw new HostError("HELPER_FAILED", "the installer is missing: install left4me-host again", {
      metadata: { command: "left4me-install", exit_code: "", stderr: "" },
    });
  return { main, directory: packageOf(dirname(main)) };
}

/** The nearest directory above that has a package.json; the modules that a program imports lie below it. */
function packageOf(directory: string): string {
  if (existsSync(join(directory, "package.json")) || directory === dirname(directory)) return directory;
  return packageOf(dirname(directory));
}

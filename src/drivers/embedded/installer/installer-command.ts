import { existsSync, realpathSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { HostError } from "../../../domain/host-error.ts";
import type { EmbeddedSettings } from "../embedded-options.ts";
import { gameDirectory } from "../game-directory.ts";
import { defaultPath } from "../game-environment.ts";
import { type InstallerPaths, installerProgram } from "./installer-paths.ts";

/** How an installer is executed in its tree. */
export type InstallerCommand = {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Directories of ours that are to be seen at other places, in the tree's own mount namespace only. */
  readonly binds: readonly Bind[];
};

/** A directory and where it is seen. */
export type Bind = { readonly source: string; readonly place: string };

/** What the installer may be told by the daemon's environment. */
const passedOn = /^LEFT4ME_(STEAM|INSTALL|SIM)/;

/**
 * The command of an installer. When we are root it runs as the games' user, who may not search the paths to LEFT4ME_ROOT and to our
 * own program (a clone in /root): they are bound to directories that every user can reach.
 *
 * @throws HostError DRIVER_UNAVAILABLE when there are no such directories
 */
export function installerCommand(
  paths: InstallerPaths,
  settings: EmbeddedSettings,
  daemon: Readonly<Record<string, string | undefined>>,
): InstallerCommand {
  const { main, directory } = installerProgram();
  const binds = settings.asRoot ? bindsFor(settings, paths, directory) : [];
  const seen = (path: string) => seenAt(binds, path);
  const game = gameDirectory(settings, paths.stage.merged);
  const told = Object.entries(daemon).filter(([name, value]) => passedOn.test(name) && value !== undefined) as [string, string][];
  return {
    argv: [seen(process.execPath), seen(main), "--order", seen(paths.order), "--outbox", seen(paths.outbox), "--game", game],
    environment: {
      ...Object.fromEntries(told.map(([name, value]) => [name, existsSync(value) ? seen(value) : value])),
      PATH: daemon["PATH"] ?? defaultPath,
      HOME: seen(paths.home),
      LANG: "C.UTF-8",
      NODE_OPTIONS: "",
    },
    binds,
  };
}

function bindsFor(settings: EmbeddedSettings, paths: InstallerPaths, directory: string): Bind[] {
  const game = gameDirectory(settings, paths.stage.merged);
  const free = ["/mnt", "/media", "/srv", "/opt"].filter((path) => path !== game && existsSync(path));
  const sources = [paths.exchange, realpathSync(directory)];
  return sources.map((source, index) => {
    const place = free[index];
    if (place !== undefined) return { source, place };
    throw new HostError(
      "DRIVER_UNAVAILABLE",
      "the installer needs three of the directories /mnt, /media, /srv and /opt to show its files to the games' user; make them, or run the daemon as an ordinary user",
      { metadata: { problem: "no-places" } },
    );
  });
}

/** A path as the installer sees it. */
function seenAt(binds: readonly Bind[], path: string): string {
  const real = existsSync(path) ? realpathSync(path) : join(realpathSync(dirname(path)), path.slice(dirname(path).length));
  const bind = binds.find(({ source }) => real === source || real.startsWith(source + sep));
  return bind === undefined ? path : join(bind.place, relative(bind.source, real));
}

import { copyFileSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Steamcmd } from "./find-steamcmd.ts";

const places = [
  ["linux32", "sdk32"],
  ["linux64", "sdk64"],
] as const;

/**
 * Copies SteamCMD's steamclient.so to where the game looks for it: below its home directory, which is its own directory. Without it
 * the server is in no list. What is there already and the same stays untouched; a link is replaced.
 */
export function placeSteamClient({ directory }: Steamcmd, home: string, game: string): void {
  for (const [from, to] of places) {
    const source = steamcmdDirectories(directory, home)
      .map((place) => join(place, from, "steamclient.so"))
      .find(isFile);
    if (source !== undefined) copyUnlessSame(source, join(game, ".steam"), to);
  }
}

/** Debian's package has a wrapper, which unpacks SteamCMD into the home directory. */
function steamcmdDirectories(directory: string, home: string): string[] {
  return [
    directory,
    ...["steamcmd", ".local/share/Steam/steamcmd", ".steam/steamcmd", ".steam/steam/steamcmd"].map((path) => join(home, path)),
  ];
}

function copyUnlessSame(source: string, steam: string, to: string): void {
  const directory = join(steam, to);
  // A link dangles, or leads where the game cannot go: its root has little more than the game directory.
  for (const place of [steam, directory]) if (!isDirectory(place)) rmSync(place, { force: true });
  const target = join(directory, "steamclient.so");
  if (isFile(target) && readFileSync(target).equals(readFileSync(source))) return;
  mkdirSync(directory, { recursive: true });
  rmSync(target, { recursive: true, force: true });
  copyFileSync(source, `${target}.new`);
  renameSync(`${target}.new`, target);
}

function isDirectory(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function isFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

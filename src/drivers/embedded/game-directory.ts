import { existsSync } from "node:fs";
import type { EmbeddedSettings } from "./embedded-options.ts";

/**
 * Where a game finds its files: the instance's merged directory, or, when we are root, a directory that every user can
 * reach, because the game's user may not search the path to LEFT4ME_ROOT (a clone in /root). The stack is mounted there
 * in the tree's own mount namespace only; what the host has there is covered for the game alone.
 */
export function gameDirectory(settings: Pick<EmbeddedSettings, "asRoot">, merged: string): string {
  if (!settings.asRoot) return merged;
  return ["/mnt", "/media", "/srv"].find((path) => existsSync(path)) ?? "/mnt";
}

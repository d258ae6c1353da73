import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The lightest game: on every side what is measured around it is the side's, not the game's. */
export const lightGame = join(import.meta.dirname, "../light-game");

/** The overlays of every instance of both layouts. */
export const overlayRefs = ["o1", "o2", "o3"] as const;

/** One small overlay. */
export function writeOverlay(directory: string, ref: string): void {
  mkdirSync(join(directory, "left4dead2/addons"), { recursive: true });
  writeFileSync(join(directory, `left4dead2/addons/${ref}.vpk`), ref);
}

import { print } from "./output.mjs";

/** What the first run of a fresh SteamCMD does; it is to be started again afterwards. */
export function updateItself(memory) {
  print("[----] Downloading update (0 of 40,273 KB)...");
  for (const percent of [0, 24, 71, 100]) print(`[${String(percent).padStart(3)}%] Downloading update (${percent * 402} of 40,273 KB)...`);
  print("[100%] Download Complete.");
  for (const step of ["Applying update", "Extracting package", "Installing update", "Cleaning up"]) print(`[----] ${step}...`);
  print("[----] Update complete, launching Steamcmd...");
  memory.set("updated", true);
  memory.set("unprimed", true);
}

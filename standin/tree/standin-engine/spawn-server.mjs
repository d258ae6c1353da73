import { print } from "./console.mjs";
import { openLog } from "./open-log.mjs";
import { writeState } from "./write-state.mjs";

/**
 * Starts the map: the last step of the boot, and the first that writes files.
 * @param {import("./game.mjs").Game} game
 */
export function spawnServer(game) {
  openLog(game);
  writeState(game);
  game.spawned = true;
  game.log(`Loading map "${game.map}"`);
  print(`Loading map "${game.map}"`);
  game.log(`Started map "${game.map}" (CRC "0")`);
  print(`maxplayers set to ${game.maxPlayers}`);
  if (game.hibernating) print("Server is hibernating");
  print("Connection to Steam servers successful.");
  print("   VAC secure mode is activated.");
}

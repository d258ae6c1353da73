import { print } from "./console.mjs";
import { crash } from "./crash.mjs";

/**
 * Ends the game the way `quit`, `_restart` and the stop signals do: exit status 0, or a crash on the way out, as
 * plugins cause it on real servers, with sim_crash_on_quit.
 * @param {import("./game.mjs").Game} game
 * @param {string} reason
 * @returns {never}
 */
export function stop(game, reason) {
  print(`Server shutting down (${reason})`);
  game.log(`server_message: "${reason}"`);
  if (game.cvars.isOn("sim_crash_on_quit")) crash();
  game.log("Log file closed");
  process.exit(0);
}

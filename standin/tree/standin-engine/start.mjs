import { bindPort } from "./bind-port.mjs";
import { registerCommands } from "./commands.mjs";
import { print } from "./console.mjs";
import { followRconPassword } from "./follow-rcon-password.mjs";
import { Game } from "./game.mjs";
import { watchModes } from "./modes.mjs";
import { setModesFromEnvironment } from "./sim-cvars.mjs";
import { stop } from "./stop.mjs";
import { onStopSignal } from "./stop-signals.mjs";

/**
 * Boots the game: configuration, port, map. Returns when it is up; from then on the open socket, timers and
 * signals drive it.
 * @param {readonly string[]} argv
 */
export async function start(argv) {
  const game = new Game(argv);
  const modes = watchModes(game);
  setModesFromEnvironment(game.cvars);
  onStopSignal((signal) => receiveStopSignal(game, signal));
  // A game without a port (sim_no_port) has nothing else that keeps the process alive.
  setInterval(() => {}, 2 ** 30);

  printEngineLines();
  registerCommands(game);
  await runConfiguration(game);
  modes.configurationHasRun();
  await sleep(game.cvars.number("sim_boot_delay"));

  if (game.cvars.isOn("sim_no_port")) return;
  await bindPort(game);
  await followRconPassword(game);
  print(`Network: IP ${game.address}, mode MP, dedicated Yes, ports ${game.port} SV / 0 CL`);
  const { spawnServer } = await import("./spawn-server.mjs");
  spawnServer(game);
}

/**
 * Last write wins, so the order is the contract: defaults, environment, server.cfg with what it executes, arguments.
 * @param {Game} game
 */
async function runConfiguration(game) {
  const { commands } = game.commandLine;
  // `+servercfgfile` chooses the file that runs before the arguments do, so it cannot wait for its turn.
  for (const command of commands) if (/^servercfgfile\s/i.test(command)) await game.execute(command);
  const file = game.cvars.text("servercfgfile");
  print(`Executing dedicated server config file ${file}`);
  await game.execute(`exec "${file}"`);
  for (const command of commands) await game.execute(command);
}

function printEngineLines() {
  print("Setting breakpad minidump AppID = 222860");
  print("[S_API FAIL] SteamAPI_Init() failed; create pipe failed.");
  print("#Console initialized.");
  print('#Game_srv.so loaded for "Left 4 Dead 2"');
  print("Game supporting (2) split screen players");
}

/**
 * @param {Game} game
 * @param {NodeJS.Signals} signal
 */
function receiveStopSignal(game, signal) {
  if (game.cvars.isOn("sim_ignore_sigint")) print(`${signal} ignored`);
  else stop(game, signal);
}

/** @param {number} seconds */
function sleep(seconds) {
  if (seconds > 0) return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  return undefined;
}

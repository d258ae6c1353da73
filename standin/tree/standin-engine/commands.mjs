import { readFileSync } from "node:fs";
import { print } from "./console.mjs";
import { unquote } from "./console-text.mjs";
import { crash } from "./crash.mjs";
import { stop } from "./stop.mjs";

/**
 * Registers every console command. Those that a configuration commonly holds are here, the others are loaded when
 * first used.
 * @param {import("./game.mjs").Game} game
 */
export function registerCommands(game) {
  const { interpreter } = game;
  interpreter.register({
    echo: (call) => call.print(call.args.join(" ")),
    say: (call) => say(game, call),
    exec: (call) => exec(game, call),
    map: (call) => changeMap(game, call),
    changelevel: (call) => changeMap(game, call),
    sm_cvar: (call) => setPluginCvar(game, call),
    // Accepted without effect: the log is always on, and there is no master server to report to.
    log: () => {},
    heartbeat: () => {},
    quit: () => stop(game, "quit"),
    _restart: () => stop(game, "_restart"),
    crash: () => crash(),
  });
  interpreter.registerLater(["status", "cvarlist"], async () => (await import("./reports.mjs")).reports(game));
  interpreter.registerLater(["banid", "removeid", "writeid"], async () => (await import("./bans.mjs")).bans(game));
  interpreter.registerLater(
    ["sim_append", "sim_cat", "sim_ls", "sim_mkdir", "sim_mv", "sim_rm", "sim_stat", "sim_write", "sim_write_loop"],
    () => import("./sim-file-verbs.mjs"),
  );
  interpreter.registerLater(["sim_argv", "sim_env", "sim_id"], async () => (await import("./sim-process-verbs.mjs")).processVerbs(game));
  interpreter.registerLater(["sim_flood", "sim_raw", "sim_sleep"], () => import("./sim-output-verbs.mjs"));
}

/** @typedef {import("./interpreter.mjs").Call} Call */
/** @typedef {import("./game.mjs").Game} Game */

/**
 * Executes a file of the game's cfg folder, at this very place: what follows the exec overrides it.
 * @param {Game} game
 * @param {Call} call
 */
async function exec(game, { args: [name], print: answer, run }) {
  if (name === undefined) return answer("exec <filename>: execute a script file");
  const file = /\.[^/]*$/.test(name) ? name : `${name}.cfg`;
  let text;
  try {
    if (file.startsWith("/") || file.split("/").includes("..")) throw new Error("outside the cfg folder");
    text = readFileSync(`${game.folder}/cfg/${file}`, "utf8");
  } catch {
    return answer(`exec: couldn't exec ${file}`);
  }
  await run(text);
}

/**
 * @param {Game} game
 * @param {Call} call
 */
function say(game, { rest }) {
  const text = unquote(rest);
  // Chat is the console's business, whoever asked for it.
  print(`Console: ${text}`);
  game.log(`"Console<0><Console><Console>" say "${text}"`);
}

/**
 * @param {Game} game
 * @param {Call} call
 */
function changeMap(game, { name, args: [map], print: answer }) {
  if (map === undefined) return answer(`Usage: ${name} <mapname>`);
  game.map = map;
  if (!game.spawned) return;
  print(`---- Host_${name === "map" ? "NewGame" : "Changelevel"} ----`);
  game.log(`Loading map "${map}"`);
  print(`Loading map "${map}"`);
  game.log(`Started map "${map}" (CRC "0")`);
}

/**
 * SourceMod's way to set a cvar that is guarded against plain writes. Nothing is guarded here.
 * @param {Game} game
 * @param {Call} call
 */
function setPluginCvar({ cvars }, { args: [name, value], print: answer }) {
  if (name === undefined) return answer("[SM] Usage: sm_cvar <cvar> [value]");
  const cvar = cvars.find(name);
  if (!cvar) return answer(`[SM] Unable to find cvar: ${name}`);
  if (value === undefined) return answer(`[SM] Value of cvar "${cvar.name}": "${cvar.value}"`);
  cvars.set(name, value);
  answer(`[SM] Changed cvar "${cvar.name}" to "${value}".`);
}

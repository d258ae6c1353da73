import { players } from "./players.mjs";
import { readVersion } from "./version.mjs";

/**
 * The commands that only tell.
 * @param {import("./game.mjs").Game} game
 * @returns {{ commands: Record<string, import("./interpreter.mjs").Command> }}
 */
export function reports(game) {
  return {
    commands: {
      status: ({ print }) => statusLines(game).forEach(print),
      cvarlist: ({ print }) => cvarLines(game).forEach(print),
    },
  };
}

/** @param {import("./game.mjs").Game} game */
function statusLines(game) {
  const humans = players(game);
  const { version, revision } = readVersion(game);
  const hibernation = game.hibernating ? "hibernating" : "not hibernating";
  return [
    `hostname: ${game.cvars.text("hostname")}`,
    `version : ${version} ${revision} secure  (unknown)`,
    `udp/ip  : ${game.address}:${game.port} [ public ${game.address}:${game.port} ]`,
    "os      : Linux Dedicated",
    `map     : ${game.map}`,
    `players : ${humans.length} humans, 0 bots (${game.maxPlayers} max) (${hibernation}) (unreserved)`,
    "",
    "# userid name uniqueid connected ping loss state rate adr",
    ...humans.map((player) => {
      const { userId, name, steamId, seconds, ping } = player;
      return `# ${userId} 1 "${name}" ${steamId} ${clock(seconds)} ${ping} 0 active 30000 192.0.2.${userId % 256}:27005`;
    }),
    "#end",
  ];
}

/**
 * @param {number} seconds
 * @returns {string} mm:ss, or h:mm:ss
 */
function clock(seconds) {
  const two = (/** @type {number} */ n) => String(Math.floor(n)).padStart(2, "0");
  const minutes = `${two((seconds / 60) % 60)}:${two(seconds % 60)}`;
  return seconds < 3600 ? minutes : `${Math.floor(seconds / 3600)}:${minutes}`;
}

/** @param {import("./game.mjs").Game} game */
function cvarLines({ cvars, interpreter }) {
  const rows = [
    ...cvars.list().map(({ name, value }) => `${name.padEnd(40)} : ${value.padEnd(8)} :                : `),
    ...interpreter.commandNames().map((name) => `${name.padEnd(40)} : cmd      :                : `),
  ].sort();
  return ["cvar list", "--------------", ...rows, "--------------", `${rows.length} total convars/concommands`];
}

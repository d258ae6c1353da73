import { existsSync, mkdirSync, openSync, writeSync } from "node:fs";
import { print } from "./console.mjs";
import { readVersion } from "./version.mjs";

/**
 * Opens left4dead2/logs/L<month><day><number>.log, a new one at each start, and lets `game.log` write to it. A log that
 * cannot be written costs a line on the console, not the game.
 * @param {import("./game.mjs").Game} game
 */
export function openLog(game) {
  const folder = `${game.folder}/${game.cvars.text("sv_logsdir")}`;
  try {
    mkdirSync(folder, { recursive: true });
    const file = unusedName(folder);
    const descriptor = openSync(file, "a");
    game.log = (text) => write(descriptor, `L ${stamp(new Date())}: ${text}\n`);
    game.log(`Log file started (file "${file}") (game "${game.folder}") (version "${readVersion(game).revision}")`);
  } catch (error) {
    print(`Couldn't write a log file to ${folder}: ${/** @type {NodeJS.ErrnoException} */ (error).code}`);
  }
}

/** @param {string} folder */
function unusedName(folder) {
  const now = new Date();
  const day = `${two(now.getMonth() + 1)}${two(now.getDate())}`;
  for (let number = 0; ; number++) {
    const name = `${folder}/L${day}${String(number).padStart(3, "0")}.log`;
    if (!existsSync(name)) return name;
  }
}

/**
 * @param {number} descriptor
 * @param {string} line
 */
function write(descriptor, line) {
  try {
    writeSync(descriptor, line);
  } catch {
    // A full disk loses log lines. The console has them too, where it matters.
  }
}

/** @param {Date} now */
function stamp(now) {
  const date = `${two(now.getMonth() + 1)}/${two(now.getDate())}/${now.getFullYear()}`;
  return `${date} - ${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}`;
}

/** @param {number} n */
function two(n) {
  return String(n).padStart(2, "0");
}

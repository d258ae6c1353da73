import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { print } from "./console.mjs";

/** Where an SQLite header keeps its change counter (sqlite.org/fileformat.html, section 1.3.7), big-endian. */
const CHANGE_COUNTER = 24;
const PAGE = 4096;

/**
 * Writes what a server with plugins keeps between two starts: a database (its change counter goes up by one each
 * start, so a test can tell a kept file from a new one) and the ban list.
 * @param {import("./game.mjs").Game} game
 */
export function writeState({ folder }) {
  const database = `${folder}/addons/sourcemod/data/sqlite/clientprefs-sqlite.sq3`;
  save(database, () => nextDatabase(database));
  save(`${folder}/cfg/banned_user.cfg`, () => "", "wx");
}

/**
 * @param {string} file
 * @param {() => string | Buffer} content
 * @param {"w" | "wx"} [flag] "wx" keeps a file that is there
 */
function save(file, content, flag = "w") {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content(), { flag });
  } catch (error) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    if (code !== "EEXIST") print(`Couldn't write ${file}: ${code}`);
  }
}

/** @param {string} file */
function nextDatabase(file) {
  const page = Buffer.alloc(PAGE);
  page.write("SQLite format 3\0", "latin1");
  page.writeUInt16BE(PAGE, 16);
  page.writeUInt32BE(readCounter(file) + 1, CHANGE_COUNTER);
  return page;
}

/** @param {string} file */
function readCounter(file) {
  try {
    return readFileSync(file).readUInt32BE(CHANGE_COUNTER);
  } catch {
    return 0;
  }
}

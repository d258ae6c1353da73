import * as fs from "node:fs";
import { print as printToConsole } from "./console.mjs";

/** @typedef {import("./interpreter.mjs").Command} Command */

/**
 * A verb that looks at the tree or changes it. It prints `<verb> <paths>: <answer>`, `ok` where there is nothing to
 * tell, or `error <CODE>`: the console is all that a test behind a network sees.
 * @param {number} paths how many of the arguments are paths; they are named in the answer
 * @param {(...args: string[]) => string | void} act
 * @returns {Command}
 */
function verb(paths, act) {
  return ({ name, args, print }) => {
    const named = [name, ...args.slice(0, paths)].join(" ");
    if (args.length < paths) return print(`${named}: error EINVAL`);
    let answer;
    try {
      answer = act(...args) ?? "ok";
    } catch (error) {
      answer = `error ${/** @type {NodeJS.ErrnoException} */ (error).code}`;
    }
    print(`${named}: ${answer}`);
  };
}

/** @param {string} path */
function stat(path) {
  const entry = fs.lstatSync(path);
  const type = Object.entries({
    file: entry.isFile(),
    directory: entry.isDirectory(),
    symlink: entry.isSymbolicLink(),
    character: entry.isCharacterDevice(),
    block: entry.isBlockDevice(),
    fifo: entry.isFIFO(),
    socket: entry.isSocket(),
  }).find(([, is]) => is)?.[0];
  const mode = (entry.mode & 0o7777).toString(8).padStart(4, "0");
  return JSON.stringify({ type, mode, uid: entry.uid, size: entry.size });
}

/**
 * Appends a numbered line again and again. A failure is printed once, and once more when the writes work again.
 * @type {Command}
 */
function writeLoop({ args: [path = "", interval = ""] }) {
  let count = 0;
  let last = "ok";
  setInterval(() => {
    let now = "ok";
    try {
      fs.appendFileSync(path, `sim_write_loop ${++count}\n`);
    } catch (error) {
      now = `error ${/** @type {NodeJS.ErrnoException} */ (error).code}`;
    }
    if (now !== last) printToConsole(`sim_write_loop ${path}: ${now}`);
    last = now;
  }, Number.parseFloat(interval) || 1000);
}

/** Paths are relative to the working directory: the installation, or merged. @type {Record<string, Command>} */
export const commands = {
  sim_cat: verb(1, (path = "") => JSON.stringify(fs.readFileSync(path, "utf8"))),
  sim_ls: verb(1, (path = "") => JSON.stringify(fs.readdirSync(path).sort())),
  sim_stat: verb(1, (path = "") => stat(path)),
  sim_write: verb(1, (path = "", ...text) => fs.writeFileSync(path, text.join(" "))),
  sim_append: verb(1, (path = "", ...text) => fs.appendFileSync(path, text.join(" "))),
  sim_rm: verb(1, (path = "") => fs.rmSync(path, { recursive: true })),
  sim_mv: verb(2, (from = "", to = "") => fs.renameSync(from, to)),
  sim_mkdir: verb(1, (path = "") => {
    fs.mkdirSync(path, { recursive: true });
  }),
  sim_write_loop: writeLoop,
};

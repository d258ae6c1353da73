/**
 * @typedef {object} CommandLine
 * @property {Map<string, string>} options `-name value` by lower-case name without the dash; "" when no value follows.
 * @property {string[]} commands console commands given as `+name value…`, in order.
 */

/**
 * Reads the arguments as the Source engine does: `-x value` is an option, `+x value` a console command.
 * Deviation: the engine takes one value after `+x`, here everything up to the next `+` or `-` belongs to it, so
 * that a test can give a verb two arguments.
 * @param {readonly string[]} argv
 * @returns {CommandLine}
 */
export function parseCommandLine(argv) {
  /** @type {Map<string, string>} */
  const options = new Map();
  /** @type {string[]} */
  const commands = [];
  let index = 0;
  while (index < argv.length) {
    const name = argv[index++] ?? "";
    const values = [];
    while (index < argv.length && !/^[+-]/.test(argv[index] ?? "")) values.push(argv[index++] ?? "");
    if (name.startsWith("-")) options.set(name.slice(1).toLowerCase(), values[0] ?? "");
    else if (name.startsWith("+")) commands.push([name.slice(1), ...values.map(quoted)].join(" "));
  }
  return { options, commands };
}

/**
 * One argument stays one token, whatever spaces or separators it holds. The console has no escape for a
 * quote, so text that brings its own quotes is passed as it is.
 * @param {string} value
 */
function quoted(value) {
  return /^[^\s;"/]+$/.test(value) || value.includes('"') ? value : `"${value}"`;
}

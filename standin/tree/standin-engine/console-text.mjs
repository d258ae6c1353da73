/**
 * Splits console text into commands, as the engine's command buffer does: a line end always separates, `;` does
 * outside quotes, and `//` outside quotes hides the rest of the line (also within an unquoted URL).
 * @param {string} text
 * @returns {string[]} the commands, trimmed, none empty
 */
export function splitCommands(text) {
  const commands = [];
  for (const line of text.split("\n")) {
    let quoted = false;
    let start = 0;
    let end = line.length;
    for (let i = 0; i < line.length; i++) {
      const c = line[i];
      if (c === '"') quoted = !quoted;
      if (quoted) continue;
      if (c === "/" && line[i + 1] === "/") {
        end = i;
        break;
      }
      if (c === ";") {
        commands.push(line.slice(start, i));
        start = i + 1;
      }
    }
    commands.push(line.slice(start, end));
  }
  return commands.map(trim).filter((command) => command !== "");
}

/**
 * @typedef {object} Tokens
 * @property {string} name the first token
 * @property {string[]} args the other tokens, quotes removed
 * @property {string} rest everything behind the name, as it was written
 */

/**
 * Splits one command into tokens. A quoted token keeps its spaces; there is no escape for a quote.
 * Deviation: the engine also makes each of `{}()':` a token of its own.
 * @param {string} command
 * @returns {Tokens}
 */
export function tokenize(command) {
  /** @type {string[]} */
  const tokens = [];
  let rest = "";
  const token = /"([^"]*)"?|[^\0- "]+/gy;
  for (let at = 0; at < command.length; ) {
    if (isSpace(command, at)) {
      at++;
      continue;
    }
    token.lastIndex = at;
    const match = token.exec(command);
    if (!match) break;
    at = token.lastIndex;
    tokens.push(match[1] ?? match[0]);
    if (tokens.length === 1) rest = trim(command.slice(at));
  }
  const [name = "", ...args] = tokens;
  return { name, args, rest };
}

/**
 * Text without the one pair of quotes that may stand around it: what a cvar stores, and what `say` says.
 * @param {string} text
 */
export function unquote(text) {
  if (!text.startsWith('"')) return text;
  return text.endsWith('"') && text.length > 1 ? text.slice(1, -1) : text.slice(1);
}

/** @param {string} text */
function trim(text) {
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(text, start)) start++;
  while (end > start && isSpace(text, end - 1)) end--;
  return text.slice(start, end);
}

/**
 * The engine's idea of white space: every byte up to the blank. A byte order mark is not among them, so a file
 * that starts with one has an unknown first command, there as here.
 * @param {string} text
 * @param {number} at
 */
function isSpace(text, at) {
  return text.charCodeAt(at) <= 32;
}

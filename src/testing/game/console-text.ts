/**
 * Splits console text into commands: a line end always separates, `;` does outside quotes, and `//` outside quotes hides the
 * rest of the line. As the engine and the stand-in game of this project's tests do it.
 */
export function splitCommands(text: string): string[] {
  return text.split("\n").flatMap(splitLine).map(trimmed).filter(Boolean);
}

function splitLine(line: string): string[] {
  const commands: string[] = [];
  let isQuoted = false;
  let start = 0;
  for (let at = 0; at < line.length; at++) {
    if (line[at] === '"') isQuoted = !isQuoted;
    if (isQuoted) continue;
    if (line.startsWith("//", at)) return [...commands, line.slice(start, at)];
    if (line[at] !== ";") continue;
    commands.push(line.slice(start, at));
    start = at + 1;
  }
  return [...commands, line.slice(start)];
}

/** One command. */
export type Words = {
  readonly name: string;
  /** What follows the name, quotes removed. */
  readonly args: readonly string[];
  /** All of what follows the name, as it was written. */
  readonly rest: string;
};

/** Splits a command into words. A quoted one keeps its blanks; there is no escape for a quote. */
export function wordsOf(command: string): Words {
  const words = [...command.matchAll(/"([^"]*)"?|[^\0- "]+/g)];
  const [first, ...others] = words;
  if (first === undefined) return { name: "", args: [], rest: "" };
  const text = (word: RegExpExecArray) => word[1] ?? word[0];
  return { name: text(first), args: others.map(text), rest: trimmed(command.slice(first.index + first[0].length)) };
}

/** Text without the one pair of quotes that may stand around it. */
export function unquoted(text: string): string {
  if (!text.startsWith('"')) return text;
  return text.endsWith('"') && text.length > 1 ? text.slice(1, -1) : text.slice(1);
}

/** One argument of the command line as console text: it stays one word, whatever it holds. Quotes of its own cannot be kept. */
export function quoted(value: string): string {
  return /^[^\s;"/]+$/.test(value) || value.includes('"') ? value : `"${value}"`;
}

/** Without white space as the engine knows it: every character up to the blank. */
function trimmed(text: string): string {
  return text.replace(/^[\0- ]+/, "").replace(/[\0- ]+$/, "");
}

import { readFileSync } from "node:fs";

/** The commands of a command line (`+name word word +name …`), those of `+runscript FILE` at its place. */
export function readCommands(args) {
  const commands = [];
  for (const word of args) {
    if (word.startsWith("+")) commands.push([word.slice(1)]);
    else commands.at(-1)?.push(word);
  }
  return commands.flatMap((command) => (command[0] === "runscript" ? scriptCommands(command[1]) : [command]));
}

function scriptCommands(file) {
  return readFileSync(file, "utf8")
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("//"))
    .map(words);
}

/** Words are separated by blanks; quotes keep blanks together. */
function words(line) {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain);
}

import type { Command } from "./interpreter.ts";
import { FileError, type MergedTree } from "./merged-tree.ts";

/** The verbs that look at the game's files or change them, as the stand-in game of this project's tests has them. */
export function fileVerbs(tree: MergedTree, print: (line: string) => void): [name: string, Command][] {
  const verb = (name: string, paths: number, act: (...args: string[]) => string): [string, Command] => [
    name,
    ({ args }) => {
      const named = [name, ...args.slice(0, paths)].join(" ");
      print(`${named}: ${args.length < paths ? "error EINVAL" : answerOf(() => act(...args))}`);
    },
  ];
  const change = (name: string, paths: number, act: (...args: string[]) => void) =>
    verb(name, paths, (...args) => {
      act(...args);
      return "ok";
    });
  return [
    verb("sim_cat", 1, (path = "") => JSON.stringify(tree.read(path).toString("utf8"))),
    verb("sim_ls", 1, (path = "") => JSON.stringify(tree.list(path))),
    verb("sim_stat", 1, (path = "") => shownStat(tree.stat(path))),
    change("sim_write", 1, (path = "", ...text) => tree.write(path, Buffer.from(text.join(" ")))),
    change("sim_append", 1, (path = "", ...text) => tree.write(path, Buffer.from(text.join(" ")), "append")),
    change("sim_rm", 1, (path = "") => tree.remove(path)),
    change("sim_mv", 2, (from = "", to = "") => tree.move(from, to)),
    change("sim_mkdir", 1, (path = "") => tree.makeDirectory(path)),
  ];
}

function answerOf(act: () => string): string {
  try {
    return act();
  } catch (error) {
    if (error instanceof FileError) return `error ${error.code}`;
    throw error;
  }
}

/** A game's files are its user's, and there is no such user. */
function shownStat({ type, mode, size }: ReturnType<MergedTree["stat"]>): string {
  return JSON.stringify({ type, mode: mode.toString(8).padStart(4, "0"), size });
}

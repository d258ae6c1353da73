import type { Command } from "commander";
import { nearestKey } from "../domain/nearest-key.ts";
import { subcommand } from "./subcommand.ts";

/** Adds `help [command...]`, which prints what `--help` of that command prints, for commands of commands as well. */
export function addHelpCommand(parent: Command, exampleLines: string): void {
  parent.helpCommand(false);
  subcommand(parent, "help", "prints the help of a command", exampleLines)
    .argument("[command...]", "the command, e.g. overlays import")
    .action((words: string[]) => commandAt(parent, words).outputHelp());
}

/** Ends with exit code 2, like a mistyped command, naming the command that was probably meant. */
export function refuseUnknownCommand(parent: Command, word: string): never {
  const meant = nearestKey(
    word,
    parent
      .createHelp()
      .visibleCommands(parent)
      .map((command) => command.name()),
  );
  parent.error(`error: unknown command '${word}'${meant === undefined ? "" : `\n(Did you mean ${meant}?)`}`, {
    code: "commander.unknownCommand",
    exitCode: 2,
  });
}

function commandAt(parent: Command, words: readonly string[]): Command {
  return words.reduce(
    (command, word) => command.commands.find((known) => known.name() === word) ?? refuseUnknownCommand(command, word),
    parent,
  );
}

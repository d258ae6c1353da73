import type { Command } from "commander";
import { helpSections } from "../../src/cli/help-section.ts";
import { buildProgram } from "../../src/cli/program.ts";
import { examplesOf } from "../../src/cli/subcommand.ts";
import { example, type ManPage, type ManSection, terms, text } from "./man-page.ts";
import { silentTerminal } from "./silent-terminal.ts";

/** l4d2ctl(1), from the program that reads the command line. */
export function clientPage(): ManPage {
  const program = buildProgram(silentTerminal, async () => {});
  return {
    name: "l4d2ctl",
    section: 1,
    purpose: "control the Left 4 Dead 2 game servers of a host",
    sections: [
      { title: "SYNOPSIS", blocks: [text("`l4d2ctl` [options] command [arguments]")] },
      {
        title: "DESCRIPTION",
        blocks: [
          text(program.description()),
          text(
            "The host is served by left4me-hostd(8). Below, < > stands for what is to be filled in, [ ] for what may be left out, ... for several.",
          ),
        ],
      },
      { title: "OPTIONS", blocks: terms(optionRows(program)) },
      { title: "COMMANDS", blocks: [text("Each takes the options above as well.")] },
      ...commandsBelow(program).map(commandSection),
      ...helpSections(silentTerminal).map(({ title, text: words, rows, after }) => ({
        title: titles[title] ?? title.toUpperCase(),
        blocks: [...paragraphs(words), ...terms(rows), ...paragraphs(after)],
      })),
      { title: "EXAMPLES", blocks: [example(...examplesOf(program))] },
      { title: "SEE ALSO", blocks: [text("left4me-host.yaml(5), left4me-hostd(8)")] },
    ],
  };
}

/** What man-pages(7) calls them. */
const titles: Readonly<Record<string, string>> = { "Exit codes": "EXIT STATUS" };

function paragraphs(words: string | undefined) {
  return words === undefined ? [] : [text(words)];
}

function commandSection(command: Command): ManSection {
  const help = command.createHelp();
  return {
    title: pathOf(command),
    level: 2,
    blocks: [
      example(help.commandUsage(command)),
      text(sentence(command.description())),
      ...terms([...argumentRows(command), ...optionRows(command)]),
      text(examplesOf(command).length === 1 ? "Example:" : "Examples:"),
      example(...examplesOf(command)),
    ],
  };
}

function argumentRows(command: Command): [string, string][] {
  const help = command.createHelp();
  return command.registeredArguments.map((argument) => [
    `<${argument.name()}${argument.variadic ? "..." : ""}>`,
    help.argumentDescription(argument),
  ]);
}

function optionRows(command: Command): [string, string][] {
  const help = command.createHelp();
  return help
    .visibleOptions(command)
    .filter(({ long }) => command.parent === null || long !== "--help")
    .map((option) => [option.flags, help.optionDescription(option)]);
}

/** All commands that a user can call, those of commands behind them. */
function commandsBelow(parent: Command): Command[] {
  return parent
    .createHelp()
    .visibleCommands(parent)
    .flatMap((command) => [command, ...commandsBelow(command)]);
}

function pathOf(command: Command): string {
  return command.parent?.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

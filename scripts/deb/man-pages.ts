import { Readable } from "node:stream";
import type { Command } from "commander";
import { buildProgram } from "../../src/cli/program.ts";
import type { Terminal } from "../../src/cli/terminal.ts";
import { helpText } from "../../src/daemon/help-text.ts";
import { type ManSection, manPage } from "./man-page.ts";

/** The manual pages by their file names. They say what `--help` says. */
export function manPages(version: string, epoch: number): Record<string, string> {
  const of = { source: `left4me-host ${version}`, date: new Date(epoch * 1000).toISOString().slice(0, 10) };
  return {
    "l4d2ctl.1": manPage({
      ...of,
      name: "l4d2ctl",
      section: 1,
      purpose: "control the Left 4 Dead 2 game servers of a host",
      sections: clientSections(),
    }),
    "left4me-hostd.8": manPage({
      ...of,
      name: "left4me-hostd",
      section: 8,
      purpose: "daemon that controls the game servers of a host",
      sections: daemonSections,
    }),
  };
}

function clientSections(): ManSection[] {
  const program = buildProgram(nobody, async () => {});
  return [
    { title: "SYNOPSIS", text: "l4d2ctl [options] command [arguments]" },
    { title: "DESCRIPTION", example: helpOf(program) },
    { title: "COMMANDS" },
    ...visibleCommands(program).map((command) => ({ title: pathOf(command), level: 2 as const, example: helpOf(command) })),
    {
      title: "FILES",
      text: "/run/left4me/operator.sock: the socket of the host; for members of the group left4me-operator.\n\n/usr/share/doc/left4me-host/examples: a specification of an instance.",
    },
    { title: "SEE ALSO", text: "left4me-hostd(8)" },
  ];
}

const daemonSections: readonly ManSection[] = [
  { title: "SYNOPSIS", text: "left4me-hostd [options]" },
  {
    title: "DESCRIPTION",
    text: "Runs as left4me-hostd.service, and is started by left4me-hostd.socket when somebody connects.",
    example: helpText,
  },
  {
    title: "FILES",
    text: "/var/lib/left4me: everything that is kept.\n\n/run/left4me/operator.sock: the socket.\n\n/usr/share/doc/left4me-host/examples/left4me-hostd.conf: how to set options.",
  },
  { title: "SEE ALSO", text: "l4d2ctl(1), systemd.service(5), journalctl(1)" },
];

function visibleCommands(parent: Command): Command[] {
  return parent
    .createHelp()
    .visibleCommands(parent)
    .filter((command) => command.parent !== null && command.name() !== "help")
    .flatMap((command) => (command.commands.length === 0 ? [command] : visibleCommands(command)));
}

function pathOf(command: Command): string {
  return command.parent?.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}

/** The help with the width of a manual page, whatever the terminal of the build is. */
function helpOf(command: Command): string {
  let text = "";
  const writeOut = (part: string) => {
    text += part;
  };
  command.configureOutput({ writeOut, getOutHelpWidth: () => 76, getOutHasColors: () => false }).outputHelp();
  return text;
}

/** Where a program that only prints its help runs. */
const nobody: Terminal = {
  env: {},
  cwd: ".",
  stdin: Readable.from([]),
  isOutTty: false,
  isErrTty: false,
  interrupted: new AbortController().signal,
  outClosed: new AbortController().signal,
  out: () => {},
  err: () => {},
};

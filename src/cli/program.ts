import { Command } from "commander";
import { addHelpCommand } from "./help-command.ts";
import { helpSections, helpSectionText } from "./help-section.ts";
import { addHostCommands } from "./host-commands.ts";
import { addInstanceCommands } from "./instance-commands.ts";
import type { Terminal } from "./output/terminal.ts";
import { type Run, withExamples } from "./subcommand.ts";
import { packageVersion } from "./version.ts";

/** The command line of `l4d2ctl`. Each command's code is loaded when it is chosen: an operator's shell should not wait. */
export function buildProgram(terminal: Terminal, run: Run): Command {
  const program = new Command("l4d2ctl")
    .description("Controls the Left 4 Dead 2 game servers of a host.")
    .version(packageVersion(), "-V, --version", "prints the version")
    .helpOption("-h, --help", "prints this help")
    .option("--address <address>", "the host: unix:/path, http://host:port or https://host[:port] (env LEFT4ME_ADDRESS)")
    .option("--timeout <duration>", "gives up waiting after so long, e.g. 30s, at most 24d; reads: 10s, doctor: 30s, others: none")
    .showHelpAfterError("(l4d2ctl --help shows the commands, l4d2ctl COMMAND --help their options)")
    .exitOverride()
    .configureOutput({ writeOut: (text) => terminal.out(text), writeErr: (text) => terminal.err(text) })
    .configureHelp({ showGlobalOptions: true });
  addInstanceCommands(program, terminal, run);
  addHostCommands(program, terminal, run);
  addHelpCommand(program, "l4d2ctl help start\nl4d2ctl help overlays import");
  withExamples(
    program,
    "l4d2ctl list\nl4d2ctl start alpha beta\nl4d2ctl logs alpha\nl4d2ctl --address http://127.0.0.1:8080 status alpha --json",
  );
  program.addHelpText("after", () =>
    helpSections(terminal)
      .map((section) => `\n${helpSectionText(section)}`)
      .join("\n"),
  );
  return program;
}

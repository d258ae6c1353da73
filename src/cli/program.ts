import { Command } from "commander";
import { exitCodeHelp } from "./exit-code.ts";
import { defaultAddresses } from "./host-candidates.ts";
import { addHostCommands } from "./host-commands.ts";
import { addInstanceCommands } from "./instance-commands.ts";
import type { Run } from "./subcommand.ts";
import type { Terminal } from "./terminal.ts";
import { packageVersion } from "./version.ts";

/** The command line of `l4d2ctl`. Each command's code is loaded when it is chosen: an operator's shell should not wait. */
export function buildProgram(terminal: Terminal, run: Run): Command {
  const program = new Command("l4d2ctl")
    .description("Controls the Left 4 Dead 2 game servers of a host.")
    .version(packageVersion(), "-V, --version", "prints the version")
    .helpOption("-h, --help", "prints this help")
    .helpCommand("help [command]", "prints the help of a command")
    .option("--address <address>", "the host: unix:/path, http://host:port or https://host[:port] (env LEFT4ME_ADDRESS)")
    .option("--timeout <duration>", "gives up waiting after so long, e.g. 30s; reads: 10s, others: none")
    .showHelpAfterError("(l4d2ctl --help shows the commands, l4d2ctl COMMAND --help their options)")
    .exitOverride()
    .configureOutput({ writeOut: (text) => terminal.out(text), writeErr: (text) => terminal.err(text) })
    .configureHelp({ showGlobalOptions: true })
    .addHelpText("after", () => `\n${addressHelp(terminal)}\n\n${jsonHelp}\n\n${exitCodeHelp()}`);
  addInstanceCommands(program, terminal, run);
  addHostCommands(program, terminal, run);
  return program;
}

const jsonHelp = [
  "With --json: one document (an array where there may be several) in the proto3 JSON mapping of the contract",
  "left4me.host.v1, all fields present; logs and status --watch print one a line. A failure is a document too:",
  '{"error": {code, reason, message, metadata, violations}}. Errors and warnings also go to standard error.',
].join("\n");

function addressHelp(terminal: Terminal): string {
  const tried = defaultAddresses(terminal).map((address) => `  ${address}`);
  return [
    "Without --address and LEFT4ME_ADDRESS, the first of these that accepts a connection:",
    ...tried,
    "(the second follows LEFT4ME_ROOT)",
  ].join("\n");
}

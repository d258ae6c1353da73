import { Command, Option } from "commander";
import { exitCodeHelp } from "./exit-code.ts";
import { defaultAddresses } from "./host-candidates.ts";
import type { GlobalOptions } from "./session.ts";
import type { Terminal } from "./terminal.ts";
import { packageVersion } from "./version.ts";

/** Takes the promise of the command that was chosen. */
type Run = (exitCode: Promise<number>) => Promise<void>;

const verbs = {
  start: [
    "starts instances and waits until they are ready",
    "l4d2ctl start alpha beta\nl4d2ctl start alpha --wait-for active --timeout 30s",
  ],
  stop: ["stops instances", "l4d2ctl stop alpha beta"],
  restart: ["stops and starts instances: applies the newest specification and build", "l4d2ctl restart alpha"],
  reset: ["stops instances and discards what the game wrote", "l4d2ctl reset alpha"],
  delete: ["stops and removes instances; a missing one is a success", "l4d2ctl delete alpha"],
} as const;

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
  addInitialize(program, terminal, run);
  addLifecycle(program, terminal, run);
  addReads(program, terminal, run);
  addLogs(program, terminal, run);
  addInstallation(program, terminal, run);
  addOverlays(program, terminal, run);
  addCompletion(program, terminal, run);
  return program;
}

const jsonHelp = [
  "With --json: one document (an array where there may be several) in the proto3 JSON mapping of the contract",
  "left4me.host.v1, all fields present; logs print one document a line. Errors and warnings go to standard error.",
].join("\n");

function addressHelp(terminal: Terminal): string {
  const tried = defaultAddresses(terminal).map((address) => `  ${address}`);
  return [
    "Without --address and LEFT4ME_ADDRESS, the first of these that accepts a connection:",
    ...tried,
    "(the second follows LEFT4ME_ROOT)",
  ].join("\n");
}

function addInitialize(program: Command, terminal: Terminal, run: Run): void {
  subcommand(
    program,
    "initialize",
    "creates an instance from a specification file, or replaces its specification",
    "l4d2ctl initialize alpha -f alpha.yaml\nl4d2ctl initialize alpha -f - --validate-only < alpha.yaml",
  )
    .argument("<name>", "the instance")
    .requiredOption("-f, --file <spec.yaml>", "the specification; - reads standard input")
    .option("--strict", "refuses unknown keys instead of warning of them")
    .option("--validate-only", "checks everything, changes nothing, and shows what the next start would run")
    .option("--create-only", "fails when the instance exists")
    .option("--etag <etag>", "fails unless the instance has this etag (status)")
    .addOption(labelOption("sets a label, besides those of the file"))
    .addOption(jsonOption())
    .action(async (name: string, _options: unknown, command: Command) => {
      const { initializeCommand } = await import("./commands/initialize.ts");
      await run(initializeCommand(terminal, name, command.optsWithGlobals()));
    });
}

function addLifecycle(program: Command, terminal: Terminal, run: Run): void {
  for (const [verb, [description, examples]] of Object.entries(verbs) as [keyof typeof verbs, (typeof verbs)[keyof typeof verbs]][]) {
    const command = subcommand(program, verb, description, examples)
      .argument("<name...>", "the instances; several are worked on at once")
      .addOption(jsonOption());
    if (verb === "start" || verb === "restart")
      command.addOption(
        new Option("--wait-for <state>", "active: the process runs; ready: the port is bound")
          .choices(["active", "ready"])
          .default("ready"),
      );
    if (verb === "reset") command.option("--archive", "keeps what the game wrote as an archive");
    command.action(async (names: string[]) => {
      const { lifecycleCommand } = await import("./commands/lifecycle.ts");
      await run(lifecycleCommand(terminal, verb, names, command.optsWithGlobals()));
    });
  }
}

function addReads(program: Command, terminal: Terminal, run: Run): void {
  subcommand(
    program,
    "status",
    "shows instances: one in full, several or all as a table",
    "l4d2ctl status\nl4d2ctl status alpha\nl4d2ctl status alpha --json | jq -r .status.state",
  )
    .argument("[name...]", "the instances")
    .addOption(jsonOption())
    .action(async (names: string[], _options: unknown, command: Command) => {
      const { statusCommand } = await import("./commands/status.ts");
      await run(statusCommand(terminal, names, command.optsWithGlobals()));
    });
  subcommand(program, "list", "lists the instances", "l4d2ctl list\nl4d2ctl list --label mode=versus --json")
    .addOption(labelOption("only instances with this label"))
    .addOption(jsonOption())
    .action(async (_options: unknown, command: Command) => {
      const { listCommand } = await import("./commands/list.ts");
      await run(listCommand(terminal, command.optsWithGlobals()));
    });
  subcommand(program, "explain", "shows what the next start would run: layers, arguments, configuration", "l4d2ctl explain alpha")
    .argument("<name>", "the instance")
    .addOption(jsonOption())
    .action(async (name: string, _options: unknown, command: Command) => {
      const { explainCommand } = await import("./commands/explain.ts");
      await run(explainCommand(terminal, name, command.optsWithGlobals()));
    });
  subcommand(program, "host", "shows what the host is, can do and has left", "l4d2ctl host\nl4d2ctl host --json | jq .capabilities")
    .addOption(jsonOption())
    .action(async (_options: unknown, command: Command) => {
      const { hostCommand } = await import("./commands/host.ts");
      await run(hostCommand(terminal, command.optsWithGlobals()));
    });
}

function addLogs(program: Command, terminal: Terminal, run: Run): void {
  subcommand(
    program,
    "logs",
    "prints an instance's log and follows it",
    "l4d2ctl logs alpha\nl4d2ctl logs alpha --lines 1000 --no-follow\nl4d2ctl logs alpha --since 10m --json | jq -r .message",
  )
    .argument("<name>", "the instance")
    .option("--lines <count>", "so many lines of history; default 200, everything with --since or --invocation")
    .option("-f, --follow", "goes on with what comes (default)", true)
    .option("--no-follow", "ends with the history")
    .option("-o, --output <style>", "short: with the time (default); cat: the text alone; json")
    .option("--plain", "the text alone, like -o cat")
    .option("--after-cursor <cursor>", "begins behind the entry with this cursor (--json shows them)")
    .option("--since <time>", "begins there: 2026-01-31T18:00:00, or 10m for ten minutes ago")
    .option("--invocation <id>", "only this invocation; ends with it")
    .addOption(jsonOption())
    .action(async (name: string, _options: unknown, command: Command) => {
      const { logsCommand } = await import("./commands/logs.ts");
      await run(logsCommand(terminal, name, command.optsWithGlobals()));
    });
}

function addInstallation(program: Command, terminal: Terminal, run: Run): void {
  subcommand(
    program,
    "install",
    "imports a game build, or has the host install the game through SteamCMD",
    "l4d2ctl install --import ./game\nl4d2ctl install --import game.tar.zst --no-activate\ntar -c -C game . | l4d2ctl install --import -",
  )
    .option("--import <dir|tar>", "a directory, a tar archive (plain, gzip, zstd), or - for standard input")
    .option("--no-activate", "leaves the active build as it is")
    .option("--validate", "SteamCMD verifies every file")
    .addOption(jsonOption())
    .action(async (_options: unknown, command: Command) => {
      const { installCommand } = await import("./commands/install.ts");
      await run(installCommand(terminal, command.optsWithGlobals()));
    });
  subcommand(program, "builds", "lists the game builds, the newest first", "l4d2ctl builds")
    .addOption(jsonOption())
    .action(async (_options: unknown, command: Command) => {
      const { buildsCommand } = await import("./commands/builds.ts");
      await run(buildsCommand(terminal, command.optsWithGlobals()));
    });
  subcommand(program, "activate", "makes a build the one that starts use (and is the roll-back)", "l4d2ctl activate b-0a1b2c")
    .argument("<build>", "the build's id (builds)")
    .addOption(jsonOption())
    .action(async (build: string, _options: unknown, command: Command) => {
      const { activateCommand } = await import("./commands/builds.ts");
      await run(activateCommand(terminal, build, command.optsWithGlobals()));
    });
}

function addOverlays(program: Command, terminal: Terminal, run: Run): void {
  const overlays = subcommand(
    program,
    "overlays",
    "lists, imports and deletes overlays",
    "l4d2ctl overlays list\nl4d2ctl overlays import competitive/base ./base\nl4d2ctl overlays delete competitive/base",
  );
  subcommand(overlays, "list", "lists the overlays (default)", "l4d2ctl overlays list --json", { isDefault: true })
    .addOption(jsonOption())
    .action(async (_options: unknown, command: Command) => {
      const { overlaysListCommand } = await import("./commands/overlays.ts");
      await run(overlaysListCommand(terminal, command.optsWithGlobals()));
    });
  subcommand(
    overlays,
    "import",
    "imports a version of an overlay, which becomes the current one",
    "l4d2ctl overlays import users/42/custom ./custom",
  )
    .argument("<ref>", "the overlay's reference")
    .argument("<dir|tar>", "a directory, a tar archive (plain, gzip, zstd), or - for standard input")
    .addOption(jsonOption())
    .action(async (ref: string, path: string, _options: unknown, command: Command) => {
      const { overlaysImportCommand } = await import("./commands/overlays.ts");
      await run(overlaysImportCommand(terminal, ref, path, command.optsWithGlobals()));
    });
  subcommand(overlays, "delete", "removes an overlay; a missing one is a success", "l4d2ctl overlays delete users/42/custom")
    .argument("<ref>", "the overlay's reference")
    .addOption(jsonOption())
    .action(async (ref: string, _options: unknown, command: Command) => {
      const { overlaysDeleteCommand } = await import("./commands/overlays.ts");
      await run(overlaysDeleteCommand(terminal, ref, command.optsWithGlobals()));
    });
}

function addCompletion(program: Command, terminal: Terminal, run: Run): void {
  subcommand(
    program,
    "completion",
    "prints a completion script for a shell",
    "source <(l4d2ctl completion bash)\nl4d2ctl completion zsh > ~/.zfunc/_l4d2ctl\nl4d2ctl completion fish > ~/.config/fish/completions/l4d2ctl.fish",
  )
    .argument("<shell>", "bash, zsh or fish")
    .action(async (shell: string) => {
      const { completionCommand } = await import("./commands/completion.ts");
      await run(completionCommand(terminal, program, shell));
    });
  program
    .command("__complete", { hidden: true })
    .argument("<kind>")
    .action(async (kind: string) => {
      const { completeCommand } = await import("./commands/completion.ts");
      await run(completeCommand(terminal, kind, program.opts<GlobalOptions>()));
    });
}

function subcommand(parent: Command, name: string, description: string, examples: string, options: { isDefault?: boolean } = {}): Command {
  const indented = examples.split("\n").map((example) => `  ${example}`);
  return parent
    .command(name, options)
    .description(description)
    .addHelpText("after", `\n${["Examples:", ...indented].join("\n")}`);
}

function jsonOption(): Option {
  return new Option("--json", "prints JSON for programs");
}

function labelOption(description: string): Option {
  return new Option("--label <key=value>", `${description}; may be repeated`).argParser((value: string, before: string[] | undefined) => [
    ...(before ?? []),
    value,
  ]);
}

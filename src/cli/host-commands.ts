import { Argument, type Command } from "commander";
import { jsonOption, type Run, subcommand } from "./subcommand.ts";
import type { Terminal } from "./terminal.ts";

/** Adds the commands that are about the host: itself, its builds and its overlays, and the completion of shells. */
export function addHostCommands(program: Command, terminal: Terminal, run: Run): void {
  addHost(program, terminal, run);
  addInstallation(program, terminal, run);
  addOverlays(program, terminal, run);
  addCompletion(program, terminal, run);
}

function addHost(program: Command, terminal: Terminal, run: Run): void {
  subcommand(program, "host", "shows what the host is, can do and has left", "l4d2ctl host\nl4d2ctl host --json | jq .capabilities")
    .addOption(jsonOption())
    .action(async (_options: unknown, command: Command) => {
      const { hostCommand } = await import("./commands/host.ts");
      await run(hostCommand(terminal, command.optsWithGlobals()));
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
    .addArgument(new Argument("<shell>", "the shell").choices(["bash", "zsh", "fish"]))
    .action(async (shell: "bash" | "zsh" | "fish") => {
      const { completionCommand } = await import("./commands/completion.ts");
      await run(completionCommand(terminal, shell));
    });
  program
    .command("__complete", { hidden: true })
    .argument("[words...]")
    .action(async (words: string[]) => {
      const { completeCommand } = await import("./commands/completion.ts");
      await run(completeCommand(terminal, program, words));
    });
}

import { Argument, type Command, Option } from "commander";
import { addHelpCommand, refuseUnknownCommand } from "./help-command.ts";
import type { Terminal } from "./output/terminal.ts";
import { jsonOption, type Run, subcommand } from "./subcommand.ts";

/** Adds the commands that are about the host: itself, its builds and its overlays, and the completion of shells. */
export function addHostCommands(program: Command, terminal: Terminal, run: Run): void {
  addHost(program, terminal, run);
  addDoctor(program, terminal, run);
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

function addDoctor(program: Command, terminal: Terminal, run: Run): void {
  subcommand(
    program,
    "doctor",
    "looks for what is wrong with the host and says what to do, also when the host does not answer",
    "l4d2ctl doctor\nl4d2ctl doctor --all\nl4d2ctl doctor --json | jq -r '.[] | select(.severity == \"SEVERITY_ERROR\") | .cure'",
  )
    .option("--all", "shows what is in order, too")
    .addOption(jsonOption())
    .action(async (_options: unknown, command: Command) => {
      const { doctorCommand } = await import("./commands/doctor.ts");
      await run(doctorCommand(terminal, command.optsWithGlobals()));
    });
}

function addInstallation(program: Command, terminal: Terminal, run: Run): void {
  addInstall(program, terminal, run);
  addBuilds(program, terminal, run);
  subcommand(program, "activate", "makes a build the one that starts use (and is the roll-back)", "l4d2ctl activate b-0a1b2c")
    .argument("<build>", "the build's id (builds)")
    .addOption(jsonOption())
    .action(async (build: string, _options: unknown, command: Command) => {
      const { activateCommand } = await import("./commands/builds.ts");
      await run(activateCommand(terminal, build, command.optsWithGlobals()));
    });
}

function addBuilds(program: Command, terminal: Terminal, run: Run): void {
  const builds = subcommand(program, "builds", "lists and deletes game builds", "l4d2ctl builds\nl4d2ctl builds delete b4903643b9aab1c5");
  subcommand(builds, "list", "lists the game builds, the newest first (default)", "l4d2ctl builds list --json", { isDefault: true })
    .addOption(jsonOption())
    // Being the default, it is called for every word that is no command.
    .allowExcessArguments()
    .action(async (_options: unknown, command: Command) => {
      if (command.args[0] !== undefined) refuseUnknownCommand(builds, command.args[0]);
      const { buildsCommand } = await import("./commands/builds.ts");
      await run(buildsCommand(terminal, command.optsWithGlobals()));
    });
  subcommand(
    builds,
    "delete",
    "removes a build that is neither active nor used, and frees its disk; a missing one is a success",
    "l4d2ctl builds delete b4903643b9aab1c5",
  )
    .argument("<build>", "the build's id (builds)")
    .addOption(jsonOption())
    .action(async (build: string, _options: unknown, command: Command) => {
      const { deleteBuildCommand } = await import("./commands/builds.ts");
      await run(deleteBuildCommand(terminal, build, command.optsWithGlobals()));
    });
  addHelpCommand(builds, "l4d2ctl builds help delete");
}

function addInstall(program: Command, terminal: Terminal, run: Run): void {
  const ofNewJobs = ["validate", "bootstrapSteamcmd"];
  const ofOldJobs = [...ofNewJobs, "activate"];
  const ofAnyJob = ["attach", "detach", "cancel", "status"];
  const others = (name: string) => ofAnyJob.filter((other) => other !== name);
  subcommand(
    program,
    "install",
    "has the host install or update the game through SteamCMD, or imports a build",
    [
      "l4d2ctl install",
      "job=$(l4d2ctl install --detach); l4d2ctl install --attach $job",
      "l4d2ctl install --import ./game",
      "l4d2ctl install --import game.tar.zst --no-activate",
      "tar -c -C game . | l4d2ctl install --import -",
    ].join("\n"),
  )
    .addOption(
      new Option("--import <dir|tar>", "a directory, a tar archive (plain, gzip, zstd), or - for standard input").conflicts([
        ...ofNewJobs,
        ...ofAnyJob,
        "verbose",
      ]),
    )
    .option("--no-activate", "leaves the active build as it is, also with --import")
    .option("--validate", "SteamCMD verifies every file, even when the build is current")
    .option("--bootstrap-steamcmd", "downloads SteamCMD when the host has none")
    .addOption(new Option("--detach", "starts it, prints the job's id, alone, and leaves").conflicts(others("detach")))
    .addOption(
      new Option("--attach <job>", "only follows this job, the running or the last one, and never starts one").conflicts([
        ...ofOldJobs,
        ...others("attach"),
      ]),
    )
    .addOption(
      new Option("--status", "shows the running or the last job with its last 10 lines, with -v its last 200").conflicts([
        ...ofOldJobs,
        ...others("status"),
      ]),
    )
    .addOption(
      new Option("--cancel [job]", "cancels the running job, or only this one; a success when it does not run").conflicts([
        ...ofOldJobs,
        ...others("cancel"),
      ]),
    )
    .option("-v, --verbose", "shows every line of SteamCMD; otherwise the last ones of a job that fails")
    .addOption(jsonOption())
    .action(async (_options: unknown, command: Command) => {
      const { installCommand } = await import("./commands/install.ts");
      await run(installCommand(terminal, command.optsWithGlobals()));
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
    // Being the default, it is called for every word that is no command.
    .allowExcessArguments()
    .action(async (_options: unknown, command: Command) => {
      if (command.args[0] !== undefined) refuseUnknownCommand(overlays, command.args[0]);
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
  addHelpCommand(overlays, "l4d2ctl overlays help import");
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
    .action(async (words: string[], _options: unknown, command: Command) => {
      const { completeCommand } = await import("./commands/completion.ts");
      await run(completeCommand(terminal, program, words, command.optsWithGlobals()));
    });
}

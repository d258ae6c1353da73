import { type Command, Option } from "commander";
import type { ArchivesOptions } from "./commands/archives.ts";
import type { StatusOptions } from "./commands/status.ts";
import type { Terminal } from "./output/terminal.ts";
import { jsonOption, labelOption, type Run, subcommand } from "./subcommand.ts";

const verbs = {
  start: [
    "starts instances and waits until they are ready",
    "l4d2ctl start alpha beta\nl4d2ctl start alpha --wait-for active --timeout 30s\nl4d2ctl start --label mode=versus --at-once 4",
  ],
  stop: ["stops instances", "l4d2ctl stop alpha beta\nl4d2ctl stop --label mode=versus"],
  restart: [
    "stops and starts instances: applies the newest specification and build",
    "l4d2ctl restart alpha\nl4d2ctl restart --label mode=versus --at-once 1",
  ],
  reset: [
    "stops instances and discards what the game wrote, but for the files that their specification preserves",
    "l4d2ctl reset alpha\nl4d2ctl reset alpha --archive\nl4d2ctl reset --label mode=versus --archive --at-once 2",
  ],
  delete: ["stops and removes instances; a missing one is a success", "l4d2ctl delete alpha"],
} as const;

/** Adds the commands that are about instances. */
export function addInstanceCommands(program: Command, terminal: Terminal, run: Run): void {
  addInitialize(program, terminal, run);
  addLifecycle(program, terminal, run);
  addArchives(program, terminal, run);
  addReads(program, terminal, run);
  addLogs(program, terminal, run);
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
    const command = subcommand(program, verb, description, examples);
    if (verb === "delete") command.argument("<name...>", "the instances; several are worked on at once");
    else
      command
        .argument("[name...]", "the instances; several are worked on at once")
        .addOption(labelOption("only instances with this label, as they are when the command begins"))
        .option("--at-once <count>", "so many at once, the next one when one of them is done; default: all");
    command.addOption(jsonOption());
    if (verb === "start" || verb === "restart")
      command.addOption(
        new Option("--wait-for <state>", "active: the process runs; ready: the port is bound")
          .choices(["active", "ready"])
          .default("ready"),
      );
    if (verb === "reset") command.option("--archive", "keeps all of what the game wrote as an archive (archives, restore)");
    command.action(async (names: string[]) => {
      const { lifecycleCommand } = await import("./commands/lifecycle.ts");
      await run(lifecycleCommand(terminal, verb, names, command.optsWithGlobals()));
    });
  }
}

function addArchives(program: Command, terminal: Terminal, run: Run): void {
  const examples = "l4d2ctl archives alpha\nl4d2ctl archives alpha --delete 20261129T101500Z-1a2b";
  subcommand(program, "archives", "lists what resets of an instance kept, the newest first, or deletes one of them", examples)
    .argument("<name>", "the instance")
    .option("--delete <archive>", "removes this archive instead, to free its room; a missing one is a success")
    .addOption(jsonOption())
    .action(async (name: string, _options: unknown, command: Command) => {
      const { archivesCommand, deleteArchiveCommand } = await import("./commands/archives.ts");
      const options: ArchivesOptions & { readonly delete?: string } = command.optsWithGlobals();
      if (options.delete === undefined) await run(archivesCommand(terminal, name, options));
      else await run(deleteArchiveCommand(terminal, name, options.delete, options));
    });
  subcommand(
    program,
    "restore",
    "puts an archive back in the place of what a stopped instance has written since; the archive stays",
    "l4d2ctl restore alpha 20261129T101500Z-1a2b",
  )
    .argument("<name>", "the instance")
    .argument("<archive>", "the archive's id (archives)")
    .option("--etag <etag>", "fails unless the instance has this etag (status)")
    .addOption(jsonOption())
    .action(async (name: string, archive: string, _options: unknown, command: Command) => {
      const { restoreCommand } = await import("./commands/archives.ts");
      await run(restoreCommand(terminal, name, archive, command.optsWithGlobals()));
    });
}

function addReads(program: Command, terminal: Terminal, run: Run): void {
  const examples = [
    "l4d2ctl status",
    "l4d2ctl status alpha",
    "l4d2ctl status alpha --json | jq -r .status.state",
    "l4d2ctl status --watch",
    "l4d2ctl status --watch alpha beta --json | jq -r '.instance.name + \" \" + .instance.status.state'",
  ];
  subcommand(program, "status", "shows instances: one in full, several or all as a table, or live with --watch", examples.join("\n"))
    .argument("[name...]", "the instances")
    .addOption(labelOption("only instances with this label"))
    .option("-w, --watch", "goes on with what changes: a live table on a terminal, elsewhere and with --json a line a change")
    .option("--interval <duration>", "with --watch: how often usage is looked at; default 2s; lines tell usage by itself only with it")
    .addOption(jsonOption())
    .action(async (names: string[], _options: unknown, command: Command) => {
      const options: StatusOptions = command.optsWithGlobals();
      if (options.watch === true) {
        const { watchStatusCommand } = await import("./commands/watch-status.ts");
        return await run(watchStatusCommand(terminal, names, options));
      }
      const { statusCommand } = await import("./commands/status.ts");
      return await run(statusCommand(terminal, names, options));
    });
  subcommand(program, "list", "lists the instances", "l4d2ctl list\nl4d2ctl list --label mode=versus --json")
    .addOption(labelOption("only instances with this label"))
    .addOption(jsonOption())
    .action(async (_options: unknown, command: Command) => {
      const { listCommand } = await import("./commands/list.ts");
      await run(listCommand(terminal, command.optsWithGlobals()));
    });
  subcommand(
    program,
    "spec",
    "prints an instance's specification and labels as a file that initialize takes: YAML, or JSON with --json",
    "l4d2ctl spec alpha > alpha.yaml\nl4d2ctl spec alpha --json | jq '.port = 27016' | l4d2ctl initialize beta -f -",
  )
    .argument("<name>", "the instance")
    .addOption(jsonOption())
    .action(async (name: string, _options: unknown, command: Command) => {
      const { specCommand } = await import("./commands/spec.ts");
      await run(specCommand(terminal, name, command.optsWithGlobals()));
    });
  subcommand(
    program,
    "explain",
    "shows what the next start would run: layers, arguments, configuration, where files come from, what the game wrote",
    "l4d2ctl explain alpha\nl4d2ctl explain alpha --files '**/*.smx'",
  )
    .argument("<name>", "the instance")
    .option(
      "--files <pattern>",
      "only the files of interest whose path matches, and all of those; patterns are those of preserve: * in a name, ** over directories",
    )
    .addOption(jsonOption())
    .action(async (name: string, _options: unknown, command: Command) => {
      const { explainCommand } = await import("./commands/explain.ts");
      await run(explainCommand(terminal, name, command.optsWithGlobals()));
    });
}

function addLogs(program: Command, terminal: Terminal, run: Run): void {
  const examples = [
    "l4d2ctl logs alpha",
    "l4d2ctl logs alpha --lines 1000 --no-follow",
    "l4d2ctl logs alpha --since 10m --json | jq -r .message",
    "l4d2ctl logs alpha beta --lines 0",
    "l4d2ctl logs --label mode=versus --grep 'connected|dropped'",
  ];
  subcommand(
    program,
    "logs",
    "prints the logs of instances and follows them; several are mixed as they arrive, with --no-follow by time",
    examples.join("\n"),
  )
    .argument("[name...]", "the instances; with several, each line begins with the instance's name")
    .addOption(labelOption("only instances with this label, as they are when the command begins"))
    .option("--grep <regex>", "only lines that match, chosen by this program, not by the host; events and gaps are always shown")
    .option("--lines <count>", "so many lines of history of each, before --grep; default 200, everything with --since or --invocation")
    .option("-f, --follow", "goes on with what comes (default)", true)
    .option("--no-follow", "ends with the history")
    .addOption(
      new Option("-o, --output <style>", "short: with the time (default); cat: the text alone; json").choices(["short", "cat", "json"]),
    )
    .option("--plain", "the text alone, like -o cat")
    .option("--after-cursor <cursor>", "begins behind the entry with this cursor (--json shows them); for one instance")
    .option("--since <time>", "begins there: 2026-01-31T18:00:00, 2026-01-31 (midnight), both in local time, or 10m for ten minutes ago")
    .option("--invocation <id>", "only this invocation; ends with it; for one instance")
    .addOption(jsonOption())
    .action(async (names: string[], _options: unknown, command: Command) => {
      const { logsCommand } = await import("./commands/logs.ts");
      await run(logsCommand(terminal, names, command.optsWithGlobals()));
    });
}

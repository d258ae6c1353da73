import assert from "node:assert/strict";
import { test } from "node:test";
import type { Command } from "commander";
import { silentTerminal } from "../../../scripts/man/silent-terminal.ts";
import { buildProgram } from "../../../src/cli/program.ts";
import { examplesOf } from "../../../src/cli/subcommand.ts";
import { run } from "./fake-terminal.ts";

const program = buildProgram(silentTerminal, async () => {});

/** The program and every command that its help shows. */
function commandsBelow(command: Command): Command[] {
  return [command, ...command.createHelp().visibleCommands(command).flatMap(commandsBelow)];
}

function pathOf(command: Command): string[] {
  return command.parent === null ? [] : [...pathOf(command.parent), command.name()];
}

/** What a user would miss in the help of one command. */
function missing(command: Command): string[] {
  const path = ["l4d2ctl", ...pathOf(command)].join(" ");
  const help = command.createHelp();
  return [
    ...(command.description() === "" ? [`${path}: a description`] : []),
    ...(examplesOf(command).some((example) => example.includes(path)) ? [] : [`${path}: an example that calls it`]),
    ...[...help.visibleOptions(command), ...help.visibleGlobalOptions(command)]
      .filter(({ description }) => description === "")
      .map(({ flags }) => `${path} ${flags}: a text`),
    ...command.registeredArguments
      .filter(({ description }) => description === "")
      .map((argument) => `${path} <${argument.name()}>: a text`),
  ];
}

test("every command has a description, an example that calls it, and a text for each option and argument", () => {
  const commands = commandsBelow(program);
  assert.ok(commands.length > 20, `only ${commands.length} commands were found`);
  assert.deepEqual(commands.flatMap(missing), []);
});

test("the check finds what is missing", () => {
  const bare = buildProgram(silentTerminal, async () => {});
  const added = bare.command("bare").option("--mute").argument("<thing>");
  assert.deepEqual(missing(added), [
    "l4d2ctl bare: a description",
    "l4d2ctl bare: an example that calls it",
    "l4d2ctl bare --mute: a text",
    "l4d2ctl bare <thing>: a text",
  ]);
});

test("examples use commands and options that there are", () => {
  for (const example of commandsBelow(program).flatMap(examplesOf)) {
    for (const [, line = ""] of example.matchAll(/l4d2ctl ([^|;<>)]+)/g))
      assert.deepEqual(unknownWords(line.trim().split(/\s+/)), [], example);
  }
  assert.deepEqual(unknownWords(["start", "a", "--wiat-for=ready"]), ["--wiat-for"]);
});

/** The words of a command line that are no option of its command. */
function unknownWords(words: readonly string[]): string[] {
  const command = words.reduce((at, word) => at.commands.find((one) => one.name() === word) ?? at, program);
  const known = [...command.options, ...program.options].flatMap(({ short, long }) => [short, long]);
  return words.flatMap((word) => /^--?[a-z][a-z-]*/.exec(word) ?? []).filter((flag) => !known.includes(flag));
}

test("help COMMAND is COMMAND --help, for commands of commands as well", async () => {
  for (const command of commandsBelow(program)) {
    const path = pathOf(command);
    const asked = await run([...path, "--help"]);
    const helped = await run(["help", ...path]);
    assert.deepEqual([asked.code, helped.code, helped.out], [0, 0, asked.out], path.join(" "));
    assert.match(helped.out, new RegExp(`^Usage: ${["l4d2ctl", ...path].join(" ")}\\b`));
  }
  assert.equal((await run(["overlays", "help", "import"])).out, (await run(["overlays", "import", "--help"])).out);
});

test("a mistyped command is refused with the nearest one, also behind help and below another command", async () => {
  for (const [args, meant] of [
    [["strat"], "start"],
    [["overlay", "list"], "overlays"],
    [["overlays", "imprt", "a", "b"], "import"],
    [["help", "strat"], "start"],
    [["help", "overlays", "delet"], "delete"],
  ] as const) {
    const { code, out, err } = await run(args);
    assert.deepEqual([code, out], [2, ""], args.join(" "));
    assert.ok(err.includes(`(Did you mean ${meant}?)`), err);
  }
  assert.match((await run(["help", "xyzzy"])).err, /^error: unknown command 'xyzzy'\n\(l4d2ctl --help/);
});

import { type Command, Option } from "commander";

/** Takes the promise of the command that was chosen. */
export type Run = (exitCode: Promise<number>) => Promise<void>;

/** Commander keeps no examples. */
const examples = new WeakMap<Command, readonly string[]>();

/** Adds a command with its examples. `isDefault`: it runs when its parent is called alone. */
export function subcommand(
  parent: Command,
  name: string,
  description: string,
  exampleLines: string,
  options: { isDefault?: boolean } = {},
): Command {
  return withExamples(parent.command(name, options).description(description), exampleLines);
}

/** Has a command's help, and its manual page, end with these command lines. */
export function withExamples(command: Command, exampleLines: string): Command {
  examples.set(command, exampleLines.split("\n"));
  return command.addHelpText("after", () => `\n${["Examples:", ...examplesOf(command).map((example) => `  ${example}`)].join("\n")}`);
}

/** The command lines that the help of a command ends with; none for a command that has no help. */
export function examplesOf(command: Command): readonly string[] {
  return examples.get(command) ?? [];
}

/** `--json`. */
export function jsonOption(): Option {
  return new Option("--json", "prints JSON for programs");
}

/** `--label key=value`, repeatable. */
export function labelOption(description: string): Option {
  return new Option("--label <key=value>", `${description}; may be repeated`).argParser((value: string, before: string[] | undefined) => [
    ...(before ?? []),
    value,
  ]);
}

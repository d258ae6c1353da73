import { type Command, Option } from "commander";

/** Takes the promise of the command that was chosen. */
export type Run = (exitCode: Promise<number>) => Promise<void>;

/** Adds a command with its examples. `isDefault`: it runs when its parent is called alone. */
export function subcommand(
  parent: Command,
  name: string,
  description: string,
  examples: string,
  options: { isDefault?: boolean } = {},
): Command {
  const indented = examples.split("\n").map((example) => `  ${example}`);
  return parent
    .command(name, options)
    .description(description)
    .addHelpText("after", `\n${["Examples:", ...indented].join("\n")}`);
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

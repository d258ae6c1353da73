import type { Argument, Command, Option } from "commander";

/** One word that may stand at the end of a command line. */
export type Candidate = { readonly word: string; readonly description?: string };

/** What only the host knows the words of. */
export type HostWords = "instances" | "builds" | "overlays" | "labels" | "jobs" | "archives";

/** What may stand at the end of a command line, whatever its last word begins with. */
export type Completion =
  | { readonly type: "words"; readonly candidates: readonly Candidate[] }
  | { readonly type: "files" }
  /** Words of the host at `address` (undefined: the default one), each behind `lead`. Archives are those of `instance`. */
  | {
      readonly type: "host";
      readonly words: HostWords;
      readonly lead: string;
      readonly address: string | undefined;
      readonly instance?: string;
    };

/** Where the words come from, by the name of an argument or of an option. What is not here has none, or its own choices. */
const sources: Readonly<Record<string, HostWords | "files">> = {
  name: "instances",
  archive: "archives",
  build: "builds",
  ref: "overlays",
  "dir|tar": "files",
  "--label": "labels",
  "--file": "files",
  "--import": "files",
  "--delete": "archives",
  "--attach": "jobs",
  "--cancel": "jobs",
  "--address": "files",
};

/**
 * Says what may stand in the place of the last word of a command line.
 *
 * @param words what stands behind the program's name; the last one is being typed, and may be empty
 */
export function completeLine(program: Command, words: readonly string[]): Completion {
  const line = new Line(program);
  for (const word of words.slice(0, -1)) line.read(word);
  return line.complete(words.at(-1) ?? "");
}

/** A command line that has been read up to a word. */
class Line {
  readonly #program: Command;
  #command: Command;
  /** How many arguments the command has got. */
  #arguments = 0;
  /** The command's first argument. */
  #first = "";
  /** The option whose value comes next. */
  #pending: Option | undefined;
  /** Behind `--`, nothing is an option. */
  #isPlain = false;
  #address: string | undefined;

  constructor(program: Command) {
    this.#program = program;
    this.#command = program;
  }

  read(word: string): void {
    if (this.#pending !== undefined && !this.#lacksValue(word)) return this.#value(this.#pending, word);
    this.#pending = undefined;
    if (this.#isPlain || !word.startsWith("-")) return this.#argument(word);
    if (word === "--") this.#isPlain = true;
    else this.#option(word);
  }

  complete(word: string): Completion {
    if (this.#pending !== undefined && !this.#lacksValue(word)) return this.#values(this.#pending);
    if (this.#isPlain || !word.startsWith("-")) return this.#operands();
    const [flag = "", value] = splitFlag(word);
    if (value === undefined) return ofWords(optionsOf(this.#command).flatMap(flagOf));
    const option = this.#find(flag);
    return option === undefined ? nothing : this.#values(option, word.slice(0, word.length - value.length));
  }

  #option(word: string): void {
    const [flag = "", value] = splitFlag(word);
    const option = this.#find(flag);
    if (option?.required !== true && option?.optional !== true) return;
    if (value === undefined) this.#pending = option;
    else this.#value(option, value);
  }

  /** The option before takes a value or none, and the word is another option. */
  #lacksValue(word: string): boolean {
    return this.#pending?.required !== true && word.startsWith("-");
  }

  #value(option: Option, value: string): void {
    if (option.long === "--address") this.#address = value;
    this.#pending = undefined;
  }

  #argument(word: string): void {
    const chosen = this.#arguments === 0 ? commandsOf(this.#command).find((command) => command.name() === word) : undefined;
    if (this.#arguments === 0) this.#first = word;
    if (chosen === undefined) this.#arguments += 1;
    else this.#command = chosen;
  }

  #find(flag: string): Option | undefined {
    return optionsOf(this.#command).find(({ short, long }) => flag === short || flag === long);
  }

  #operands(): Completion {
    const commands = this.#arguments === 0 ? commandsOf(this.#command) : [];
    if (commands.length > 0) return ofWords(commands.map(candidateOf));
    const { registeredArguments } = this.#command;
    const last = registeredArguments.at(-1);
    const argument = registeredArguments[this.#arguments] ?? (last?.variadic === true ? last : undefined);
    if (argument === undefined) return nothing;
    // The only command that takes the names of others: help.
    if (argument.name() === "command") return ofWords(this.#helpTopics().map(candidateOf));
    return this.#values(argument);
  }

  #helpTopics(): Command[] {
    const parent = this.#command.parent ?? this.#program;
    if (this.#arguments === 0) return commandsOf(parent);
    return commandsOf(commandsOf(parent).find((command) => command.name() === this.#first) ?? this.#command);
  }

  /** The values of an option or an argument. */
  #values(target: Option | Argument, lead = ""): Completion {
    const choices = (target.argChoices ?? []).map((choice) => ({ word: `${lead}${choice}` }));
    if (choices.length > 0) return ofWords(choices);
    const source = sources["long" in target ? (target.long ?? "") : target.name()];
    if (source === undefined) return nothing;
    if (source === "files") return { type: "files" };
    return { type: "host", words: source, lead, address: this.#address, ...(source === "archives" ? { instance: this.#first } : {}) };
  }
}

const nothing: Completion = { type: "words", candidates: [] };

function ofWords(candidates: readonly Candidate[]): Completion {
  return { type: "words", candidates };
}

/** `--flag=value`, or `-fvalue`, in its parts. */
function splitFlag(word: string): [flag: string, value: string | undefined] {
  const [, flag = word, value] = /^(--[^=]+)=(.*)$/s.exec(word) ?? /^(-[^-])(.+)$/s.exec(word) ?? [];
  return [flag, value];
}

function commandsOf(command: Command): Command[] {
  return command.commands.length === 0 ? [] : command.createHelp().visibleCommands(command);
}

function candidateOf(command: Command): Candidate {
  return { word: command.name(), description: command.description() };
}

/** The options of a command and those of all commands. */
function optionsOf(command: Command): Option[] {
  const help = command.createHelp();
  return [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)];
}

function flagOf({ long, description }: Option): Candidate[] {
  return long === undefined ? [] : [{ word: long, description }];
}

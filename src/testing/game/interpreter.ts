import { splitCommands, unquoted, type Words, wordsOf } from "./console-text.ts";

/** One command that is executed. */
export type Call = Words & {
  /** Executes nested text at this very place. */
  readonly run: (text: string) => Promise<void>;
};

/** A command; what it awaits delays what follows. */
export type Command = (call: Call) => Promise<void> | void;

/** What the interpreter needs of its game. */
export type Console = {
  readonly commands: ReadonlyMap<string, Command>;
  readonly print: (line: string) => void;
  /** Whether the game has ended: then nothing more is executed. */
  readonly isOver: () => boolean;
  /** Is told every write of a variable. */
  readonly onSet: (name: string, value: string) => void;
};

/** A file that executes itself ends here, and one that executes itself twice there. */
const deepest = 16;
const mostCommands = 10_000;

/** Executes console text: aliases, then commands, then variables, of which any name can be one once it was written. */
export class Interpreter {
  readonly #console: Console;
  readonly #aliases = new Map<string, string>();
  readonly #variables: Map<string, string>;

  constructor(console: Console, variables: Readonly<Record<string, string>>) {
    this.#console = console;
    this.#variables = new Map(Object.entries(variables));
  }

  /** A variable's value; "" when it was never written. */
  text(name: string): string {
    return this.#variables.get(name) ?? "";
  }

  /** 0 for text that starts with no number. */
  number(name: string): number {
    return Number.parseFloat(this.text(name)) || 0;
  }

  set(name: string, value: string): void {
    this.#variables.set(name, value);
    this.#console.onSet(name, value);
  }

  async execute(text: string, budget = { left: mostCommands, isExceeded: false }, depth = 0): Promise<void> {
    for (const command of splitCommands(text)) {
      if (this.#console.isOver()) return;
      budget.left -= 1;
      if (depth > deepest || budget.left < 0) {
        if (!budget.isExceeded) this.#console.print("Commands execute each other without end, ignoring the rest");
        budget.isExceeded = true;
        return;
      }
      const done = this.#dispatch({ ...wordsOf(command), run: (nested) => this.execute(nested, budget, depth + 1) });
      if (done !== undefined) await done;
    }
  }

  #dispatch(call: Call): Promise<void> | void {
    const name = call.name.toLowerCase();
    if (name === "alias") return this.#alias(call);
    const alias = this.#aliases.get(name);
    if (alias !== undefined) return call.run(alias);
    const command = this.#console.commands.get(name);
    if (command !== undefined) return command(call);
    if (call.rest !== "") return this.set(name, unquoted(call.rest));
    const value = this.#variables.get(name);
    this.#console.print(value === undefined ? `Unknown command "${call.name}"` : `"${name}" = "${value}"`);
  }

  #alias({ args: [name, ...text] }: Call): void {
    if (name !== undefined) this.#aliases.set(name.toLowerCase(), text.join(" "));
  }
}

import { splitCommands, tokenize, unquote } from "./console-text.mjs";

/**
 * @typedef {object} Call one command being executed
 * @property {string} name
 * @property {string[]} args
 * @property {string} rest the text behind the name, as it was written
 * @property {(line: string) => void} print where its answer goes: the console, or the RCON client that asked
 * @property {(text: string) => Promise<void>} run executes nested text (of an alias, of a file)
 */
/** @typedef {(call: Call) => void | Promise<void>} Command */
/** @typedef {() => Promise<{ commands: Record<string, Command> }>} CommandLoader */

/** A file that executes itself ends here. The engine's own limit is the size of its command buffer. */
const MAX_DEPTH = 16;
/** A file that executes itself twice stays below that depth and would still run 2^16 times. */
const MAX_COMMANDS = 10_000;

/** Executes console text: aliases, then commands, then cvars. */
export class Interpreter {
  /** @type {Map<string, Command>} */
  #commands = new Map();
  /** @type {Map<string, string>} */
  #aliases = new Map();
  #cvars;

  /** @param {import("./cvars.mjs").Cvars} cvars */
  constructor(cvars) {
    this.#cvars = cvars;
    this.register({ alias: (call) => this.#alias(call) });
  }

  /** @param {Record<string, Command>} commands */
  register(commands) {
    for (const [name, command] of Object.entries(commands)) this.#commands.set(name, command);
  }

  /**
   * Registers commands whose code is loaded at their first use: what no start needs must not slow a start.
   * @param {readonly string[]} names
   * @param {CommandLoader} load
   */
  registerLater(names, load) {
    for (const name of names) {
      this.#commands.set(name, async (call) => {
        const { commands } = await load();
        this.register(commands);
        await commands[name]?.(call);
      });
    }
  }

  /** @returns {string[]} */
  commandNames() {
    return [...this.#commands.keys()].sort();
  }

  /**
   * @param {string} text
   * @param {(line: string) => void} print
   * @param {{ left: number, exceeded: boolean }} [budget] shared by all nested text
   * @param {number} [depth]
   */
  async execute(text, print, budget = { left: MAX_COMMANDS, exceeded: false }, depth = 0) {
    for (const command of splitCommands(text)) {
      if (depth > MAX_DEPTH || budget.left-- <= 0) {
        if (!budget.exceeded) print("Commands execute each other without end, ignoring the rest");
        budget.exceeded = true;
        return;
      }
      const done = this.#dispatch({
        ...tokenize(command),
        print,
        run: (nested) => this.execute(nested, print, budget, depth + 1),
      });
      if (done) await done;
    }
  }

  /** @param {Call} call */
  #dispatch(call) {
    const name = call.name.toLowerCase();
    const alias = this.#aliases.get(name);
    if (alias !== undefined) return call.run(alias);
    const command = this.#commands.get(name);
    if (command) return command(call);
    const cvar = this.#cvars.find(name);
    if (!cvar) call.print(`Unknown command "${call.name}"`);
    else if (call.args.length === 0) call.print(`"${cvar.name}" = "${cvar.value}"`);
    else this.#cvars.set(name, unquote(call.rest));
    return undefined;
  }

  /** @param {Call} call */
  #alias({ args: [name, ...text], print }) {
    if (name !== undefined) this.#aliases.set(name.toLowerCase(), text.join(" "));
    else for (const [known, value] of this.#aliases) print(`${known} : ${value}`);
  }
}

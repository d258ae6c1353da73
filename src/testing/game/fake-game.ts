import { type CommandLine, commandLineOf } from "./command-line.ts";
import { unquoted } from "./console-text.ts";
import { fileVerbs } from "./file-verbs.ts";
import type { GameEnd } from "./game-end.ts";
import { GameOutput, type PrintedLine } from "./game-output.ts";
import { type Call, type Command, Interpreter } from "./interpreter.ts";
import { FileError, type MergedTree } from "./merged-tree.ts";
import { outputVerbs } from "./output-verbs.ts";

/** What a game is started with. */
export type GameOptions = {
  /** The first element is the program. */
  readonly argv: readonly string[];
  readonly tree: MergedTree;
  /** Is told every line that it prints. */
  readonly tell: (line: PrintedLine) => void;
  /** Is told the end, once, behind the last line. */
  readonly ended: (end: GameEnd) => void;
};

const folder = "left4dead2";

/** How often a game that prints at a rate does so, in milliseconds. */
const tickMs = 20;

/**
 * A game without a process: it executes its configuration and its arguments, prints, writes files, and ends, all in memory.
 *
 * It knows what every configuration holds (`exec`, `echo`, `say`, `alias`, variables of any name, `quit`, `crash`), and those
 * `sim_` verbs of the project's stand-in game that need no process.
 */
export class FakeGame {
  readonly #options: GameOptions;
  readonly #line: CommandLine;
  readonly #output: GameOutput;
  readonly #console: Interpreter;
  readonly #timers = new Map<string | symbol, NodeJS.Timeout>();
  /** Settles when the game has ended. */
  readonly over: Promise<void>;
  readonly #settle: () => void;
  #isOver = false;
  #isConfigured = false;
  #boundAt: number | undefined;

  constructor(options: GameOptions) {
    this.#options = options;
    this.#line = commandLineOf(options.argv);
    this.#output = new GameOutput(options.tell);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.over = promise;
    this.#settle = resolve;
    this.#console = new Interpreter(
      {
        commands: new Map(this.#commands()),
        print: (line) => this.print(line),
        isOver: () => this.#isOver,
        onSet: (name, value) => this.#takeEffect(name, value),
      },
      { hostname: "Left 4 Dead 2", sim_log_bytes: "80" },
    );
  }

  /** When it bound its port, in milliseconds since 1970; undefined while it has not. */
  get boundAt(): number | undefined {
    return this.#isOver ? undefined : this.#boundAt;
  }

  print(line: string): void {
    if (!this.#isOver) this.#output.line(line);
  }

  /** Executes the configuration and binds the port. */
  async boot(): Promise<void> {
    this.print("#Console initialized.");
    this.print('#Game_srv.so loaded for "Left 4 Dead 2"');
    const { serverCfg, commands } = this.#line;
    this.print(`Executing dedicated server config file ${serverCfg}`);
    await this.#console.execute([`exec "${serverCfg}"`, ...commands].join("\n"));
    this.#isConfigured = true;
    for (const name of ["sim_exit_after", "sim_crash_after"]) this.#takeEffect(name, this.#console.text(name));
    await this.#sleep(this.#console.number("sim_boot_delay"));
    if (this.#isOver || this.#console.number("sim_no_port") !== 0) return;
    this.#boundAt = Date.now();
    this.print(`Network: IP 0.0.0.0, mode MP, dedicated Yes, ports ${this.#line.port} SV / 0 CL`);
    this.#keepBans();
    this.print('Loading map "c1m1_hotel"');
    this.print("Server is hibernating");
  }

  /** Asks it to end, as SIGINT does. */
  interrupt(): void {
    if (this.#console.number("sim_ignore_sigint") !== 0) this.print("SIGINT ignored");
    else this.#quit("SIGINT");
  }

  /** Ends it. Does nothing when it has ended. */
  end(how: GameEnd): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#output.finish();
    this.#options.ended(how);
    this.#settle();
  }

  #commands(): [name: string, Command][] {
    const { tree, argv } = this.#options;
    const print = (line: string) => this.print(line);
    const write = (bytes: Buffer) => this.#output.write(bytes);
    return [
      ["exec", (call) => this.#exec(call)],
      ["echo", ({ args }) => print(args.join(" "))],
      ["say", ({ rest }) => print(`Console: ${unquoted(rest)}`)],
      ["map", ({ args: [map = ""] }) => print(`Loading map "${map}"`)],
      ["changelevel", ({ args: [map = ""] }) => print(`Loading map "${map}"`)],
      ["sm_cvar", ({ args: [name = "", value = ""] }) => this.#console.set(name.toLowerCase(), value)],
      ["quit", () => this.#quit("quit")],
      ["_restart", () => this.#quit("_restart")],
      ["crash", () => this.end({ signal: "SIGSEGV" })],
      ["sim_argv", () => print(`sim_argv: ${JSON.stringify(argv.slice(1))}`)],
      ...fileVerbs(tree, print),
      ...outputVerbs({ write, sleep: (seconds) => this.#sleep(seconds) }),
    ];
  }

  /** Executes a file of cfg/, at this very place: what follows overrides it. */
  async #exec({ args: [name = ""], run }: Call): Promise<void> {
    const file = /\.[^/]*$/.test(name) ? name : `${name}.cfg`;
    let text: string;
    try {
      if (file.startsWith("/") || file.split("/").includes("..")) throw new FileError("ENOENT");
      text = this.#options.tree.read(`${folder}/cfg/${file}`).toString("utf8");
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      return this.print(`exec: couldn't exec ${file}`);
    }
    await run(text);
  }

  #quit(reason: string): void {
    this.print(`Server shutting down (${reason})`);
    this.end(this.#console.number("sim_crash_on_quit") === 0 ? { code: 0 } : { signal: "SIGSEGV" });
  }

  #takeEffect(name: string, value: string): void {
    if (name === "sim_exit_before_boot" && value !== "") {
      this.print(`FATAL ERROR: the game ends before its boot with code ${value} (sim_exit_before_boot)`);
      this.end({ code: Number.parseInt(value, 10) || 0 });
    } else if (name === "sim_log_rate") this.#printAtRate(Number.parseFloat(value) || 0);
    else if (name === "sim_exit_after") this.#endAfter(name, value, () => ({ code: this.#console.number("sim_exit_code") }));
    else if (name === "sim_crash_after") this.#endAfter(name, value, () => ({ signal: "SIGSEGV" }));
  }

  /** Counts from the end of the configuration. @param seconds empty or negative: never */
  #endAfter(name: string, seconds: string, how: () => GameEnd): void {
    clearTimeout(this.#timers.get(name));
    const delay = Number.parseFloat(seconds);
    if (!this.#isConfigured || !(delay >= 0) || this.#isOver) return;
    if (delay === 0) this.end(how());
    else
      this.#timers.set(
        name,
        setTimeout(() => this.end(how()), delay * 1000),
      );
  }

  #printAtRate(linesPerSecond: number): void {
    clearInterval(this.#timers.get("sim_log_rate"));
    if (linesPerSecond <= 0 || this.#isOver) return;
    const since = performance.now();
    let printed = 0;
    const tick = () => {
      const due = Math.floor(((performance.now() - since) * linesPerSecond) / 1000);
      for (; printed < due; printed++) this.print(`sim line ${printed + 1} `.padEnd(this.#console.number("sim_log_bytes"), "x"));
    };
    this.#timers.set("sim_log_rate", setInterval(tick, tickMs));
  }

  /** Never settles when the game ends meanwhile: nothing is to be executed any more. */
  #sleep(seconds: number): Promise<void> {
    if (seconds <= 0) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#timers.set(Symbol("sleep"), setTimeout(resolve, seconds * 1000));
    return promise;
  }

  /** What every game writes. A file that is there stays. */
  #keepBans(): void {
    const { tree } = this.#options;
    const cfg = `${folder}/cfg`;
    tree.makeDirectory(cfg);
    if (!tree.list(cfg).includes("banned_user.cfg")) tree.write(`${cfg}/banned_user.cfg`, Buffer.alloc(0));
  }
}

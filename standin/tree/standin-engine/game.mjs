import { parseCommandLine } from "./command-line.mjs";
import { print } from "./console.mjs";
import { CVAR_DEFAULTS } from "./cvar-defaults.mjs";
import { Cvars } from "./cvars.mjs";
import { Interpreter } from "./interpreter.mjs";
import { SIM_CVARS } from "./sim-cvars.mjs";

/** What every part of the stand-in shares: the command line, the cvars, the console, and where the game stands. */
export class Game {
  cvars = new Cvars();
  interpreter = new Interpreter(this.cvars);
  /** The map being played; the one a map command named before there was a server, until then. */
  map = "c1m1_hotel";
  /** True once the map runs: commands that need a world look here. */
  spawned = false;
  /** The port in use, which is another than `hostport` when that was busy and need not be kept. */
  port = 0;
  /** Milliseconds since the epoch. */
  startedAt = Date.now();
  /**
   * Writes a line to the log file. Does nothing until the file is open.
   * @type {(text: string) => void}
   */
  log = () => {};

  /** @param {readonly string[]} argv without node and the script */
  constructor(argv) {
    this.argv = argv;
    this.commandLine = parseCommandLine(argv);
    this.cvars.define(CVAR_DEFAULTS);
    this.cvars.define(SIM_CVARS);
    const { options } = this.commandLine;
    /** The folder of the game below the working directory, which is the installation (or merged). */
    this.folder = options.get("game") || "left4dead2";
    if (options.get("port")) this.cvars.set("hostport", options.get("port") ?? "");
    if (options.get("ip")) this.cvars.set("ip", options.get("ip") ?? "");
  }

  /** @returns {number} slots; Left 4 Dead 2 has four unless told otherwise */
  get maxPlayers() {
    return Number.parseInt(this.commandLine.options.get("maxplayers") ?? "", 10) || 4;
  }

  /** @returns {boolean} an empty server hibernates: it is idle, not dead */
  get hibernating() {
    return this.cvars.isOn("sim_hibernate") && this.cvars.number("sim_players") === 0;
  }

  /** @returns {string} the address to bind */
  get address() {
    const ip = this.cvars.text("ip");
    return ip === "localhost" ? "127.0.0.1" : ip || "0.0.0.0";
  }

  /**
   * Executes console text whose answers go to the console.
   * @param {string} text
   */
  execute(text) {
    return this.interpreter.execute(text, print);
  }
}

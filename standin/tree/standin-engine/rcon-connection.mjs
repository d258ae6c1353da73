import { print } from "./console.mjs";
import * as rcon from "./rcon-packet.mjs";

/** What a real server sends behind the mirrored empty packet. */
const MIRROR_TAIL = Buffer.from([0, 0, 0, 1, 0, 0, 0, 0]);

/** One RCON client: authentication first, then commands, one after the other. */
export class RconConnection {
  #game;
  #socket;
  #reader = new rcon.PacketReader();
  #authenticated = false;
  #onWrongPassword;
  #from;
  /** Commands may take their time; answers must keep the order of the requests. */
  #previous = Promise.resolve();

  /**
   * @param {import("./game.mjs").Game} game
   * @param {import("node:net").Socket} socket
   * @param {() => void} onWrongPassword
   */
  constructor(game, socket, onWrongPassword) {
    this.#game = game;
    this.#socket = socket;
    this.#onWrongPassword = onWrongPassword;
    this.#from = `rcon from "${socket.remoteAddress}:${socket.remotePort}"`;
    socket.setNoDelay(true);
    socket.on("data", (chunk) => this.#receive(chunk));
  }

  /** @param {Buffer} chunk */
  #receive(chunk) {
    if (this.#game.cvars.isOn("sim_hang")) return;
    try {
      for (const packet of this.#reader.push(chunk)) this.#previous = this.#previous.then(() => this.#handle(packet));
    } catch {
      this.#socket.destroy();
    }
  }

  /** @param {rcon.RconPacket} packet */
  async #handle({ id, type, body }) {
    if (type === rcon.AUTH) return this.#authenticate(id, body);
    if (!this.#authenticated) return this.#send(rcon.encodePacket(-1, rcon.AUTH_RESPONSE));
    if (type === rcon.EXEC_COMMAND) return this.#execute(id, body);
    if (type === rcon.RESPONSE_VALUE) {
      this.#send(rcon.encodePacket(id, rcon.RESPONSE_VALUE));
      this.#send(rcon.encodePacket(id, rcon.RESPONSE_VALUE, MIRROR_TAIL));
    }
  }

  /**
   * @param {number} id
   * @param {string} password
   */
  #authenticate(id, password) {
    const wanted = this.#game.cvars.text("rcon_password");
    this.#authenticated = wanted !== "" && password === wanted;
    this.#send(rcon.encodePacket(id, rcon.RESPONSE_VALUE));
    this.#send(rcon.encodePacket(this.#authenticated ? id : -1, rcon.AUTH_RESPONSE));
    if (this.#authenticated) return;
    this.#record("Bad Password");
    this.#onWrongPassword();
  }

  /**
   * @param {number} id
   * @param {string} command
   */
  async #execute(id, command) {
    this.#record(`command "${command}"`);
    let answer = "";
    await this.#game.interpreter.execute(command, (line) => {
      answer += `${line}\n`;
    });
    this.#send(rcon.encodeAnswer(id, answer));
  }

  /** @param {string} what */
  #record(what) {
    print(`${this.#from}: ${what}`);
    this.#game.log(`${this.#from}: ${what}`);
  }

  /** @param {Buffer} packet */
  #send(packet) {
    this.#socket.write(packet);
  }
}

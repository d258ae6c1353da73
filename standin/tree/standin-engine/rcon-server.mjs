import { createServer } from "node:net";
import { print } from "./console.mjs";
import { RconConnection } from "./rcon-connection.mjs";

/** Remote control on the TCP port of the game's number. */
export class RconServer {
  #game;
  #server = createServer((socket) => this.#accept(socket));
  /** Wrong passwords by address. @type {Map<string, number>} */
  #failures = new Map();
  /** Resolves when the port is open, or could not be opened. @type {Promise<void> | undefined} */
  #opened;

  /** @param {import("./game.mjs").Game} game */
  constructor(game) {
    this.#game = game;
  }

  /** Listens, unless it already does. Never rejects: a busy TCP port costs the remote control, not the game. */
  listen() {
    this.#opened ??= new Promise((resolve) => {
      const { address: host, port } = this.#game;
      const failed = (/** @type {NodeJS.ErrnoException} */ error) => {
        print(`WARNING: NET_ListenSocket bind failed on socket ${port}/tcp: ${error.code}`);
        this.#opened = undefined;
        resolve();
      };
      this.#server.once("error", failed);
      this.#server.listen({ port, host }, () => {
        this.#server.off("error", failed);
        resolve();
      });
    });
    return this.#opened;
  }

  close() {
    this.#opened = undefined;
    this.#server.close();
  }

  /** @param {import("node:net").Socket} socket */
  #accept(socket) {
    // A client that resets its connection is its own trouble.
    socket.on("error", () => {});
    const address = socket.remoteAddress ?? "";
    if (this.#isBanned(address)) return socket.destroy();
    new RconConnection(this.#game, socket, () => {
      this.#failures.set(address, (this.#failures.get(address) ?? 0) + 1);
      if (!this.#isBanned(address)) return;
      print(`Banning ${address} for rcon hacking attempts`);
      socket.destroySoon();
    });
    return undefined;
  }

  /** @param {string} address */
  #isBanned(address) {
    return (this.#failures.get(address) ?? 0) >= this.#game.cvars.number("sv_rcon_maxfailures");
  }
}

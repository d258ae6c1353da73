import { createSocket } from "node:dgram";
import { print } from "./console.mjs";

/** How many ports the engine tries, the first included. */
const PORT_TRY_MAX = 10;

/**
 * Binds the game's UDP port, sets `game.port`, and answers queries from then on. A busy port ends the process with
 * -strictportbind; without it the next ones are tried.
 * @param {import("./game.mjs").Game} game
 */
export async function bindPort(game) {
  const first = game.cvars.number("hostport");
  const tries = game.commandLine.options.has("strictportbind") ? 1 : PORT_TRY_MAX;
  for (let port = first; port < first + tries; port++) {
    const problem = await bindOne(game, port);
    if (problem === undefined) return;
    print(`WARNING: NET_OpenSocket: port: ${port} bind: ${problem}`);
  }
  const range = tries === 1 ? `${first}` : `${first} to ${first + tries - 1}`;
  print(`Couldn't allocate any server IP port, tried ${range} on ${game.address}`);
  process.exit(1);
}

/**
 * @param {import("./game.mjs").Game} game
 * @param {number} port
 * @returns {Promise<string | undefined>} the error's code, or nothing when the port is ours
 */
function bindOne(game, port) {
  // Node would bind the number modulo 65536.
  if (!(port >= 0 && port <= 65_535)) return Promise.resolve("EINVAL");
  const socket = createSocket("udp4");
  socket.on("message", async (request, peer) => {
    if (game.cvars.isOn("sim_hang")) return;
    // Loaded at the first query, so that the port is bound sooner.
    const { answerQuery } = await import("./answer-query.mjs");
    for (const packet of answerQuery(game, request, peer.address)) socket.send(packet, peer.port, peer.address);
  });
  return new Promise((resolve) => {
    socket.once("error", (error) => {
      socket.close();
      resolve(/** @type {NodeJS.ErrnoException} */ (error).code ?? error.message);
    });
    socket.bind({ port, address: game.address }, () => {
      socket.removeAllListeners("error");
      // An ICMP error about a client that has left must not end the game.
      socket.on("error", () => {});
      game.port = socket.address().port;
      resolve(undefined);
    });
  });
}

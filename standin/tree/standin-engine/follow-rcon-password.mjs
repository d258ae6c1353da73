/**
 * Offers RCON while rcon_password is set, from now on. Its code is loaded only then: most games have none.
 * @param {import("./game.mjs").Game} game
 */
export async function followRconPassword(game) {
  /** @type {import("./rcon-server.mjs").RconServer | undefined} */
  let server;
  const follow = async (/** @type {string} */ password) => {
    if (password === "") return server?.close();
    if (!server) {
      const { RconServer } = await import("./rcon-server.mjs");
      server ??= new RconServer(game);
    }
    await server.listen();
  };
  await follow(game.cvars.text("rcon_password"));
  game.cvars.watch("rcon_password", follow);
}

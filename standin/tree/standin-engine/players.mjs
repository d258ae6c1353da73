/**
 * @typedef {object} Player
 * @property {number} userId
 * @property {string} name
 * @property {string} steamId
 * @property {number} score
 * @property {number} seconds since the player connected
 * @property {number} ping milliseconds
 */

/** Names as they occur: some are longer in bytes than in letters, one brings quotes into a quoted field. */
const NAMES = ["Coach", "桐喵Six", 'a "quoted" name', "Zoë", "<b>Nick</b>", "Rochelle", "Ellis", "Tank ♥"];

/**
 * The sim_players humans in the game. The same number always gives the same ones.
 * @param {import("./game.mjs").Game} game
 * @returns {Player[]}
 */
export function players(game) {
  const count = Math.min(255, Math.max(0, Math.floor(game.cvars.number("sim_players"))));
  const seconds = (Date.now() - game.startedAt) / 1000;
  return Array.from({ length: count }, (_, index) => ({
    userId: index + 2,
    name: index < NAMES.length ? (NAMES[index] ?? "") : `${NAMES[index % NAMES.length]} ${index}`,
    steamId: `STEAM_1:0:${1000 + index}`,
    score: (index * 7) % 40,
    seconds,
    ping: 20 + index,
  }));
}

import type { EmbeddedOptions } from "./embedded-options.ts";
import { lookUpUser } from "./look-up-user.ts";

/** Who games run as. */
export type GameAccount = { readonly uid: number; readonly gid: number; readonly asRoot: boolean };

const nobody = 65534;

/**
 * Decides who games run as: ourselves, or, when we are root, somebody else.
 *
 * @throws RangeError when the options ask for root: an overlay's code never runs as root
 */
export async function gameAccount(options: Pick<EmbeddedOptions, "gameUid" | "gameGid">): Promise<GameAccount> {
  const uid = process.getuid?.() ?? nobody;
  const gid = process.getgid?.() ?? nobody;
  if (uid !== 0) return { uid, gid: gid === 0 ? uid : gid, asRoot: false };
  const known = options.gameUid === undefined ? await lookUpUser("left4me-game") : undefined;
  const game = {
    uid: options.gameUid ?? known?.uid ?? nobody,
    gid: options.gameGid ?? known?.gid ?? options.gameUid ?? nobody,
    asRoot: true,
  };
  if (!isOrdinary(game.uid) || !isOrdinary(game.gid)) {
    throw new RangeError(`games cannot run as user ${game.uid}, group ${game.gid}: both must be 1 to 4294967294`);
  }
  return game;
}

function isOrdinary(id: number): boolean {
  return Number.isInteger(id) && id > 0 && id < 0xffff_ffff;
}

import { writeFileSync } from "node:fs";

/** Minutes by Steam id; 0 is for ever. @type {Map<string, number>} */
const banned = new Map();

/**
 * Bans by Steam id. As in the real game they are lost unless `writeid` saves them, and only permanent ones are saved;
 * a server.cfg brings them back with `exec banned_user.cfg`.
 * @param {import("./game.mjs").Game} game
 * @returns {{ commands: Record<string, import("./interpreter.mjs").Command> }}
 */
export function bans(game) {
  return {
    commands: {
      banid({ args: [minutes = "", id], print }) {
        if (id === undefined) return print("Usage: banid < minutes > < uniqueid >");
        banned.set(id, Number.parseFloat(minutes) || 0);
      },
      removeid({ args: [id = ""], print }) {
        if (!banned.delete(id)) print(`removeid: couldn't find ${id}`);
      },
      writeid({ print }) {
        const file = `${game.folder}/cfg/banned_user.cfg`;
        const lines = [...banned].filter(([, minutes]) => minutes === 0).map(([id]) => `banid 0 ${id}\n`);
        try {
          writeFileSync(file, lines.join(""));
        } catch (error) {
          print(`writeid: couldn't write ${file}: ${/** @type {NodeJS.ErrnoException} */ (error).code}`);
        }
      },
    },
  };
}

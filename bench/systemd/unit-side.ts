import type { Game, GameSide } from "./game-side.ts";
import { systemctl } from "./systemctl.ts";

/** Games as units of one template, told to systemctl: what is compared with. @param discard what a reset does after the stop */
export function unitSide(template: string, games: readonly Game[], discard: (game: Game) => Promise<void>): GameSide {
  const unitOf = ({ name }: Game) => `${template}@${name}.service`;
  const units = games.map(unitOf);
  return {
    games,
    prepare: async () => void (await systemctl("reset-failed", `${template}@*.service`)),
    start: async (game) => void (await systemctl("start", unitOf(game))),
    startAll: async () => void (await systemctl("start", ...units)),
    stopAll: async () => void (await systemctl("stop", ...units)),
    reset: async (game) => {
      await systemctl("stop", unitOf(game));
      await discard(game);
    },
  };
}

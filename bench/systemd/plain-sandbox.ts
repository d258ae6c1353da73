import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { gameArgv } from "../../src/domain/game-argv.ts";
import { type Game, type GameSide, gamesOf } from "./game-side.ts";
import { lightGame } from "./light-tree.ts";
import { unitSide } from "./unit-side.ts";

const root = "/var/lib/left4me/plain";

/** The floor: the very unit of the package with all of its hardening, but /game is a plain directory and nothing is mounted for it. */
export function plainSandbox(count: number): GameSide {
  const games = gamesOf("plain", count, 27200);
  writeFileSync(
    "/etc/systemd/system/plain-server@.service",
    withoutOverlay(readFileSync("/usr/lib/systemd/system/left4me-server@.service", "utf8")),
  );
  for (const game of games) writeGame(game);
  execFileSync("chown", ["-R", "left4me-game:left4me-game", root]);
  const side = unitSide("plain-server", games, async () => {});
  return { ...side, prepare: async () => void (await Promise.all([side.prepare(), ...games.map(forgetQuit)])) };
}

/** The shipped unit, less its overlay. */
function withoutOverlay(unit: string): string {
  return unit
    .replace(/^BindsTo=.*\n/m, "")
    .replace(/^After=\S+ /m, "After=")
    .replace(/^BindPaths=.*$/m, `BindPaths=${root}/%i:/game`);
}

function writeGame({ name, port }: Game): void {
  const directory = join(root, name);
  cpSync(lightGame, directory, { recursive: true });
  mkdirSync(join(directory, ".left4me"));
  writeFileSync(
    join(directory, ".left4me/argv"),
    gameArgv({ port, arguments: [] })
      .map((element) => `${element}\0`)
      .join(""),
  );
}

/** The launcher's note that the game has quit; in ours a mount clears it. */
async function forgetQuit({ name }: Game): Promise<void> {
  await rm(join(root, name, ".left4me-quit"), { force: true });
}

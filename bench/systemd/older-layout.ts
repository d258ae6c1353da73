import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, writeFileSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Game, type GameSide, gamesOf } from "./game-side.ts";
import { lightGame, overlayRefs, writeOverlay } from "./light-tree.ts";
import { unitSide } from "./unit-side.ts";

const files = join(import.meta.dirname, "older-layout");
const root = "/var/lib/left4me/older";
const helper = "/usr/local/libexec/left4me/left4me-overlay";

/**
 * The older system's layout, rebuilt: `+nsenter` and a Python helper in ExecStartPre and ExecStopPost of the server's own unit.
 *
 * Generous to it: what was around it (a Python program a call, sudo, `systemctl enable` with a reload of PID 1) is left out.
 */
export function olderLayout(count: number): GameSide {
  const games = gamesOf("older", count, 27400);
  mkdirSync(join(helper, ".."), { recursive: true });
  copyFileSync(join(files, "left4me-overlay"), helper);
  copyFileSync(join(files, "older-server@.service"), "/etc/systemd/system/older-server@.service");
  mkdirSync(root);
  cpSync(lightGame, join(root, "installation"), { recursive: true });
  mkdirSync(join(root, "installation/left4dead2"));
  for (const ref of overlayRefs) writeOverlay(join(root, "overlays", ref), ref);
  for (const game of games) writeInstance(game);
  execFileSync("chown", ["-R", "left4me:left4me", root]);
  return unitSide("older-server", games, discard);
}

function writeInstance({ name, port }: Game): void {
  const instance = join(root, "instances", name);
  mkdirSync(instance, { recursive: true });
  writeFileSync(join(instance, "instance.env"), `PORT=${port}\n`);
  writeFileSync(join(instance, "overlays"), `${overlayRefs.join("\n")}\n`);
  for (const part of ["upper", "work", "merged"]) mkdirSync(join(root, "runtime", name, part), { recursive: true });
}

async function discard({ name }: Game): Promise<void> {
  for (const part of ["upper", "work"]) {
    await rm(join(root, "runtime", name, part), { recursive: true });
    await mkdir(join(root, "runtime", name, part));
  }
}

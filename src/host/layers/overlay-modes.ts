import type { DriverInfo } from "../driver.ts";
import type { TreeEntry } from "../files/walk-tree.ts";
import { Examples, type Finding, type LookedAt } from "./finding.ts";

/** Whose rights count: the user and the group that games run as. */
type Game = { readonly uid: number; readonly gid: number };

/** What must be allowed: a file that the game writes to is opened for reading and writing in its layer's name. */
const needed: Readonly<Partial<Record<TreeEntry["type"], number>>> = { file: 0o6, directory: 0o7 };

/**
 * Finds what the game cannot read or write of an overlay that was put there by hand. Imported ones have the right modes.
 *
 * @param directory the overlay's, absolute, for the command that repairs it
 */
export function overlayModes({ ref, field }: LookedAt, directory: string, info: DriverInfo): Finding {
  const { see, examples, repair } = closedToGame(directory, info);
  return {
    see,
    warnings() {
      if (examples.count === 0) return [];
      const message = `the game cannot read or write ${examples} of the overlay "${ref}"; repair it: ${repair}`;
      return [{ code: "OVERLAY_MODES", message, field }];
    },
  };
}

/** What a game cannot read or write of a tree. */
export type ClosedToGame = {
  see(entry: TreeEntry): void;
  readonly examples: Examples;
  /** The command that repairs it. */
  readonly repair: string;
};

/** Looks at the entries of a tree one by one. @param directory the tree's, absolute */
export function closedToGame(directory: string, info: DriverInfo): ClosedToGame {
  const game = gameOf(info);
  const examples = new Examples();
  return {
    see(entry) {
      const bits = needed[entry.type];
      if (game !== undefined && bits !== undefined && (rightsOf(game, entry) & bits) !== bits) examples.add(entry.path);
    },
    examples,
    repair: game === undefined ? "" : repairCommand(directory, info, game),
  };
}

/** Undefined where no real processes run. */
function gameOf({ gameUid, layerOwner }: DriverInfo): Game | undefined {
  const gid = layerOwner?.gid ?? process.getgid?.();
  return gameUid === undefined || gid === undefined ? undefined : { uid: gameUid, gid };
}

/** As the kernel chooses: the owner's bits for the owner, else the group's for its members, else those of all others. */
function rightsOf(game: Game, { mode, uid, gid }: TreeEntry): number {
  if (uid === game.uid) return (mode >> 6) & 0o7;
  return gid === game.gid ? (mode >> 3) & 0o7 : mode & 0o7;
}

/** Nothing that is a link is followed by it: -h, and the types that find chooses. */
function repairCommand(directory: string, { layerOwner }: DriverInfo, game: Game): string {
  const path = `'${directory.replaceAll("'", "'\\''")}'`;
  const { uid, gid } = layerOwner ?? game;
  return [
    `sudo chown -hR ${uid < 0 ? "" : uid}:${gid} ${path}`,
    `sudo find ${path} -type d -exec chmod 0775 {} +`,
    `sudo find ${path} -type f -exec chmod ug+rw {} +`,
  ].join("; ");
}

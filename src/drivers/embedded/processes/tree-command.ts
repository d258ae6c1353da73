import { fileURLToPath } from "node:url";
import type { EmbeddedSettings } from "../embedded-options.ts";
import type { Bind } from "../installer/installer-command.ts";

/**
 * Seconds that a new tree waits for the lock: the kernel may still be clearing away the last one. Fewer than a launch may
 * take, so that MOUNT_BUSY comes and names the holder.
 */
const lockPatienceSeconds = 20;

/** The exit code of flock(1) when it did not get the lock. */
export const lockedExitCode = 75;

/** PID 1 of every game; a file beside this one, also in the published bundle. */
const initScript = fileURLToPath(new URL("./init.sh", import.meta.url));

/** What a tree is made of. */
export type TreePlan = {
  readonly lock: string;
  readonly merged: string;
  readonly layers: number;
  readonly argv: readonly string[];
  readonly binds: readonly Bind[];
};

/** A program and its arguments. */
export type Command = readonly [file: string, ...args: string[]];

/**
 * The command of a whole process tree: flock becomes unshare, which holds the lock and waits for init.sh, PID 1 of the
 * game's namespaces. Every program costs a few milliseconds of a start; none is here without need.
 */
export function treeCommand(plan: TreePlan, settings: EmbeddedSettings): Command {
  const user = settings.asRoot ? [] : ["--user", "--map-root-user"];
  // Where /proc may not be mounted (a container that masks parts of it) the game sees the old one.
  const proc = settings.quirks.mountsProc ? ["--mount-proc"] : [];
  const tree: Command = [
    "flock",
    "--no-fork",
    "--timeout",
    String(lockPatienceSeconds),
    "--conflict-exit-code",
    String(lockedExitCode),
    plan.lock,
    "unshare",
    ...user,
    "--mount",
    "--pid",
    "--fork",
    "--kill-child",
    ...proc,
    "--",
    "sh",
    initScript,
    plan.merged,
    String(plan.layers),
    ...bindCommand(plan.binds),
    ...dropCommand(settings),
    ...plan.argv,
  ];
  return settings.leakedDescriptors.length === 0 ? tree : closing(settings.leakedDescriptors, tree);
}

/** What the command line of a process begins with that is yet to become the game. */
export function stagePrefixes(settings: EmbeddedSettings): readonly string[] {
  return ["sh", initScript, ...dropCommand(settings)].flatMap((word, index, words) => {
    const next = words[index + 1];
    return word.startsWith("-") || next === undefined ? [] : [`${word}\0${next}\0`];
  });
}

/**
 * Leaves the game without any capability. As an ordinary user: a second user namespace in which it has its own user id
 * again (execve then clears the capabilities of a user that is not 0). As root: another user.
 */
function dropCommand(settings: EmbeddedSettings): Command {
  const { asRoot, gameUid, gameGid } = settings;
  if (!asRoot) return ["unshare", `--map-user=${gameUid}`, `--map-group=${gameGid}`, "setpriv", "--no-new-privs", "--"];
  return asGame(settings);
}

/** Makes root the game's user, for good and without any capability, for what follows. */
export function asGame({ gameUid, gameGid }: Pick<EmbeddedSettings, "gameUid" | "gameGid">): Command {
  return [
    "setpriv",
    `--reuid=${gameUid}`,
    `--regid=${gameGid}`,
    "--clear-groups",
    "--no-new-privs",
    "--bounding-set=-all",
    "--inh-caps=-all",
    "--",
  ];
}

/** Shows directories at other places, in the tree's mount namespace, and goes on with what follows. */
function bindCommand(binds: readonly Bind[]): string[] {
  if (binds.length === 0) return [];
  const script = binds.map((_, index) => `mount --bind "$${2 * index + 1}" "$${2 * index + 2}" &&`).join(" ");
  return ["sh", "-c", `${script} shift ${2 * binds.length} && exec "$@"`, "sh", ...binds.flatMap(({ source, place }) => [source, place])];
}

/** Only bash can close descriptors above 9; without it they stay open, as the driver notes when it is made. */
function closing(leaked: readonly number[], command: Command): Command {
  return ["bash", "-c", `exec "$@" ${leaked.map((number) => `${number}<&-`).join(" ")}`, "bash", ...command];
}

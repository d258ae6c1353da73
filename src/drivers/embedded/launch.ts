import { chmodSync, lstatSync, readFileSync, statfsSync, writeFileSync } from "node:fs";
import { HostError } from "../../domain/host-error.ts";
import { helperFailed } from "../../exec/helper-failed.ts";
import type { ProcessEnd } from "../../exec/start-process.ts";
import type { EmbeddedSettings } from "./embedded-options.ts";
import { gameDirectory } from "./game-directory.ts";
import { gameEnvironment } from "./game-environment.ts";
import type { Bind } from "./installer/installer-command.ts";
import type { TreePaths } from "./instance-paths.ts";
import { layLinks } from "./layer-links.ts";
import { awaitExec, readAnnounced } from "./processes/await-exec.ts";
import { readExit } from "./processes/exit-status.ts";
import { lockHolder } from "./processes/lock-holder.ts";
import type { ProcessIdentity } from "./processes/process-stat.ts";
import { killTree, spawnTree, type Tree } from "./processes/tree.ts";
import { type Command, lockedExitCode, treeCommand } from "./processes/tree-command.ts";
import type { RunTarget } from "./run-record.ts";
import { startFailed } from "./start-failed.ts";
import { removeManaged, uncoverManaged } from "./upper/managed-files.ts";
import { settleRenewed } from "./upper/renewed-directory.ts";
import { prepareUpper } from "./upper/upper-format.ts";

/** How long mounting and executing may take together, in milliseconds: a cold disk, a loaded host. */
const launchTimeoutMs = 30_000;

/** The exit code of init.sh when a managed file is hidden although upper holds no copy of it. */
const hiddenExitCode = 71;

/** What to launch. */
export type LaunchPlan = {
  readonly paths: TreePaths;
  readonly target: Pick<RunTarget, "layers" | "managedFiles" | "argv">;
  readonly invocationId: string;
  /** The file that takes the game's output. */
  readonly log: string;
  /** Default: a game's. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Directories that are seen at other places in the tree; only when we are root. Default: none. */
  readonly binds?: readonly Bind[];
};

/** A game that has been executed; it may have ended since. */
export type Launched = { readonly tree: Tree; readonly game: ProcessIdentity };

/**
 * Mounts and executes; resolves when the game has been executed. When it rejects nothing is left of it.
 *
 * @throws HostError UPPER_INCOMPATIBLE, HELPER_FAILED, MOUNT_BUSY, START_FAILED, or the reason of `signal`
 */
export async function launch(plan: LaunchPlan, settings: EmbeddedSettings, signal: AbortSignal): Promise<Launched> {
  try {
    return await launchOnce(plan, settings, signal);
  } catch (error) {
    if (!(error instanceof HostError) || error.metadata["exit_code"] !== String(hiddenExitCode)) throw error;
  }
  await uncoverManaged(plan.paths, plan.target.managedFiles);
  return launchOnce(plan, settings, signal);
}

async function launchOnce(plan: LaunchPlan, settings: EmbeddedSettings, signal: AbortSignal): Promise<Launched> {
  signal.throwIfAborted();
  await prepare(plan, settings);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(launchTimeoutMs)]);
  const command = commandOf(plan, settings);
  const tree = spawnTree(plan.paths, command, environmentOf(plan, settings), plan.log);
  const kill = () => killTree(plan.paths, tree.identity);
  limit.addEventListener("abort", kill);
  try {
    const game = await awaitExec(plan.paths, settings, tree.isOver);
    if (!limit.aborted) return { tree, game: game ?? (await afterEnd(plan, await tree.ended)) };
    await endAborted(plan, tree);
    signal.throwIfAborted();
    throw helperFailed(command, { timedOut: true, stderr: errorsOf(plan) });
  } finally {
    limit.removeEventListener("abort", kill);
  }
}

async function prepare({ paths, target }: LaunchPlan, settings: EmbeddedSettings): Promise<void> {
  if (target.argv.length === 0) throw new RangeError("there is nothing to execute");
  await settleRenewed(paths);
  prepareUpper(paths, settings);
  await removeManaged(paths.upper, target.managedFiles);
  allowWork(paths.work);
  layLinks(paths, target.layers, target.managedFiles);
  writeFileSync(paths.lock, "", { flag: "a", mode: 0o600 });
}

/** The game cannot reach work, but an earlier version of upper's owner may have been somebody else's umask. */
function allowWork(work: string): void {
  if ((lstatSync(work).mode & 0o700) !== 0o700) chmodSync(work, 0o700);
}

function commandOf({ paths, target, binds = [] }: LaunchPlan, settings: EmbeddedSettings): Command {
  const merged = gameDirectory(settings, paths.merged);
  return treeCommand({ lock: paths.lock, merged, layers: target.layers.length, argv: target.argv, binds }, settings);
}

function environmentOf({ paths, invocationId, environment }: LaunchPlan, settings: EmbeddedSettings): Readonly<Record<string, string>> {
  return environment ?? gameEnvironment(process.env, gameDirectory(settings, paths.merged), invocationId);
}

/** An abort may have come while the tree was being made: kill until it is gone. */
async function endAborted(plan: LaunchPlan, tree: Tree): Promise<void> {
  killTree(plan.paths, tree.identity);
  await tree.ended;
}

/** The tree ended before we saw the game: it was quick, or something failed. */
async function afterEnd(plan: LaunchPlan, end: ProcessEnd): Promise<ProcessIdentity> {
  const { paths, invocationId, target, log } = plan;
  const game = readAnnounced(paths.game);
  const exit = readExit(paths.exit, invocationId);
  if (game !== undefined && exit !== undefined) {
    // setpriv(1) exits so when it cannot execute what it is to.
    if (exit.code === 126 || exit.code === 127) throw startFailed(target.argv, exit, log);
    return game;
  }
  const stderr = errorsOf(plan);
  if (end.exitCode === lockedExitCode && readAnnounced(paths.init) === undefined) throw busy(paths.lock);
  if (isFull(paths.run)) throw noRoom(paths.run);
  const step =
    readAnnounced(paths.init) === undefined ? ["unshare", "--mount", "--pid"] : ["mount", "-t", "overlay", "overlay", paths.merged];
  throw helperFailed(step, { ...end, stderr });
}

/** init.sh cannot tell that it could not write. */
function isFull(directory: string): boolean {
  const { bavail, files, ffree } = statfsSync(directory);
  return bavail === 0 || (files > 0 && ffree === 0);
}

function noRoom(path: string): HostError {
  return new HostError("DISK_FULL", `${path} cannot be written: no room or no inode is left; remove builds or overlays, or enlarge it`, {
    metadata: { path, free_bytes: "0" },
  });
}

function busy(lock: string): HostError {
  const holder = lockHolder(lock);
  return new HostError("MOUNT_BUSY", `process ${holder.pid} (${holder.command}) still holds ${lock}`, {
    metadata: { pid: String(holder.pid), command: holder.command, path: lock },
  });
}

function errorsOf({ paths }: LaunchPlan): string {
  try {
    return readFileSync(paths.errors, "utf8");
  } catch {
    return "";
  }
}

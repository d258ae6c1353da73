import { closeSync, constants, openSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type ProcessEnd, startProcess } from "../../../exec/start-process.ts";
import { ownPath } from "../game-environment.ts";
import type { TreePaths } from "../instance-paths.ts";
import { readAnnounced } from "./await-exec.ts";
import { isAlive, type ProcessIdentity, readProcessStat, signalProcess } from "./process-stat.ts";
import type { Command } from "./tree-command.ts";

/** How long the kernel may take to end killed processes and to unmount, in milliseconds; an unmount syncs a disk. */
export const killTimeoutMs = 60_000;

/** A game's processes with everything that they hold: namespaces, mount, lock. */
export type Tree = {
  /** The process that holds the lock; its only child is init.sh. */
  readonly identity: ProcessIdentity;
  /** Resolves when no process and no mount of it is left. Never rejects; how it ended is known of our own children. */
  readonly ended: Promise<ProcessEnd>;
  readonly isOver: () => boolean;
  /** Gives up waiting for it. */
  readonly release: () => void;
};

/**
 * Starts a tree; its output goes to the end of `log`. The environment is the game's.
 * @throws HostError HELPER_FAILED when its first program cannot be executed
 */
export function spawnTree(paths: TreePaths, command: Command, environment: Readonly<Record<string, string>>, log: string): Tree {
  const [file, ...args] = command;
  const stdout = openSync(log, "a", 0o600);
  const stderr = openSync(paths.errors, "a", 0o600);
  const proc = openSync("/proc", constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const started = startProcess(file, args, { cwd: paths.run, env: environment, stdout, stderr, inherited: [proc] });
    const identity = readProcessStat(started.pid) ?? { pid: started.pid, startTime: "" };
    return watchEnd({ pid: identity.pid, startTime: identity.startTime }, started.ended, started.release);
  } finally {
    closeSync(stdout);
    closeSync(stderr);
    closeSync(proc);
  }
}

/**
 * Takes over a tree that an earlier daemon started. Its lock tells the end: a child of ours blocks on it. The lock is
 * free a moment before the kernel has unmounted; the process is gone only after that.
 */
export function adoptTree(paths: TreePaths, identity: ProcessIdentity): Tree {
  const waiter: { pid?: number } = {};
  let released = false;
  const release = () => {
    released = true;
    if (waiter.pid !== undefined) process.kill(waiter.pid, "SIGKILL");
  };
  const follow = async (): Promise<ProcessEnd> => {
    while (!released && isAlive(identity)) {
      await blockOnLock(paths.lock, waiter).catch(() => sleep(1000)); // no process to be had: look again
      for (let tries = 0; tries < 500 && !released && isAlive(identity); tries += 1) await sleep(2);
    }
    // Released: the daemon leaves, the game does not. Its end is never seen by us.
    return isAlive(identity) ? new Promise<never>(() => {}) : {};
  };
  return watchEnd(identity, follow(), release);
}

/** Ends when the lock is free. A child of ours does the waiting; it dies with us. */
async function blockOnLock(lock: string, waiter: { pid?: number }): Promise<void> {
  const started = startProcess("setpriv", ["--pdeathsig", "KILL", "flock", "--shared", lock, "true"], { env: programPath() });
  waiter.pid = started.pid;
  await started.ended.finally(() => delete waiter.pid);
}

/**
 * Ends all processes of a tree at once: SIGKILL for PID 1 of their namespace. Before there is one: for the session.
 */
export function killTree(paths: TreePaths, tree: ProcessIdentity): void {
  const init = readAnnounced(paths.init);
  if (init !== undefined && readProcessStat(init.pid)?.parent === tree.pid) return signalProcess(init, "SIGKILL");
  if (!isAlive(tree)) return;
  try {
    process.kill(-tree.pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function watchEnd(identity: ProcessIdentity, ended: Promise<ProcessEnd>, release: () => void): Tree {
  let over = false;
  return {
    identity,
    release,
    isOver: () => over,
    ended: ended.then((end) => {
      over = true;
      return end;
    }),
  };
}

function programPath(): Record<string, string> {
  return { PATH: ownPath() };
}

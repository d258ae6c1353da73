import { closeSync, constants, openSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HostError } from "../domain/host-error.ts";
import { startProcess } from "../exec/start-process.ts";
import { StartupError } from "./startup-error.ts";

/** Keeps other daemons off a root until it is released, or until the process ends in whatever way. */
export type RootLock = { release(): void };

/** Where programs are when the daemon itself has no PATH. */
const defaultPath = "/usr/local/bin:/usr/bin:/bin";

/**
 * Takes the lock of a root.
 *
 * It is flock(2) of `hostd.lock` in the root, whatever the root's path is called, and whatever namespace somebody else is in: the
 * kernel gives it to one open file and takes it back when that is closed, kill -9 included. The file is closed to other users, who
 * could otherwise keep every daemon away; in it stands the pid of whoever had the lock last. Elsewhere than on Linux there is no
 * such lock.
 *
 * @param root an existing directory
 * @throws StartupError when another daemon has it, or when it cannot be taken
 */
export async function lockRoot(root: string): Promise<RootLock> {
  if (process.platform !== "linux") return { release: () => {} };
  const path = join(root, "hostd.lock");
  const file = openLock(path);
  try {
    if (!(await isLocked(file, path))) throw anotherRuns(root, path);
    tellPid(path);
    return { release: () => closeSync(file) };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** For reading: where a file system has become read-only, the lock is good all the same. */
function openLock(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  } catch (error) {
    throw cannotLock(path, error);
  }
}

/** flock(1) locks what it inherits from us, and leaves it locked: Node has no such call. */
async function isLocked(file: number, path: string): Promise<boolean> {
  try {
    const env = { PATH: process.env["PATH"] ?? defaultPath };
    const { exitCode } = await startProcess("flock", ["-n", "3"], { env, inherited: [file] }).ended;
    if (exitCode === 0 || exitCode === 1) return exitCode === 0;
    throw new Error(`flock(1) ended with ${exitCode}`);
  } catch (error) {
    if (error instanceof HostError) throw cannotLock(path, new Error("flock(1) of util-linux cannot be executed"));
    throw cannotLock(path, error);
  }
}

/** For people only: a full disk keeps no daemon from starting. */
function tellPid(path: string): void {
  try {
    writeFileSync(path, `${process.pid}\n`);
  } catch {
    // The next one says "another daemon" without its pid.
  }
}

function anotherRuns(root: string, path: string): StartupError {
  const [, pid] = /^(\d{1,10})\n$/.exec(readFileSync(path, "utf8")) ?? [];
  return new StartupError(
    `another daemon is running on ${realpathSync(root)}${pid === undefined ? "" : ` (pid ${pid})`}; stop it first, or choose another root with --root`,
  );
}

function cannotLock(path: string, error: unknown): StartupError {
  return new StartupError(`${path} cannot be locked: ${error instanceof Error ? error.message : error}`);
}

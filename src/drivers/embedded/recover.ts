import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { EmbeddedInstance } from "./embedded-instance.ts";
import type { EmbeddedSettings } from "./embedded-options.ts";
import type { TreePaths } from "./instance-paths.ts";
import { awaitExec, readAnnounced } from "./processes/await-exec.ts";
import { bootId } from "./processes/boot-id.ts";
import { lockHolder } from "./processes/lock-holder.ts";
import { isAlive, type ProcessIdentity, readProcessStat } from "./processes/process-stat.ts";
import { adoptTree, killTimeoutMs, killTree } from "./processes/tree.ts";

/** How long a tree whose making was interrupted may take to come up, in milliseconds. */
const comingUpMs = 5000;

/**
 * Takes up an instance where an earlier daemon left it: a game that runs is adopted, one that ended meanwhile is
 * reported, what was half made is completed or cleared away. Ends with an observation.
 */
export async function recover(instance: EmbeddedInstance, settings: EmbeddedSettings): Promise<void> {
  const { record, paths } = instance;
  if (record.phase === "idle") return instance.resumeIdle();
  if (record.bootId !== bootId()) return instance.becameIdle("game ended with the host");
  if (record.phase === "waiting") return instance.resumeWaiting();
  if (record.phase === "starting") return recoverStart(instance, settings);
  if (record.tree !== undefined && isAlive(record.tree)) return instance.adopt(adoptTree(paths, record.tree), {});
  instance.endedWhileAway();
}

/** The daemon was killed during a start: the tree goes on by itself, and mostly has come up. */
async function recoverStart(instance: EmbeddedInstance, settings: EmbeddedSettings): Promise<void> {
  const { paths } = instance;
  const identity = findTree(paths) ?? fencedTree(paths);
  // An automatic restart has no intent of the host's behind it: it is done again here.
  const goOn = () => (instance.record.restarts > 0 ? instance.resumeWaiting() : instance.becameIdle(undefined));
  if (identity === undefined) return goOn();
  const tree = adoptTree(paths, identity);
  const deadline = performance.now() + comingUpMs;
  const game = await awaitExec(paths, settings, () => tree.isOver() || performance.now() > deadline);
  if (game !== undefined && isAlive(game)) {
    const isTold = instance.log.newest()?.events.some(({ event }) => event === "STARTED");
    if (isTold !== true) instance.log.record("STARTED", "game started");
    return instance.adopt(tree, { phase: "running", game });
  }
  await clearAway(paths, identity);
  goOn();
}

/** Kills whatever tree an instance has, and waits for its end. */
export async function clearAway(paths: TreePaths, known: ProcessIdentity | undefined): Promise<void> {
  const identity = known !== undefined && isAlive(known) ? known : (findTree(paths) ?? fencedTree(paths));
  if (identity === undefined) return;
  const tree = adoptTree(paths, identity);
  const deadline = performance.now() + killTimeoutMs;
  while (!tree.isOver()) {
    if (performance.now() > deadline) throw new Error(`process ${identity.pid} does not end, although it was killed`);
    killTree(paths, identity);
    await sleep(5);
  }
}

/**
 * Keeps a tree that has been started, but does not hold the lock yet, from coming up: without the link to upper init.sh
 * cannot mount. Returns the one that was quicker. The next start makes the link anew, in another directory.
 */
function fencedTree(paths: TreePaths): ProcessIdentity | undefined {
  rmSync(join(paths.run, "u"), { force: true });
  return findTree(paths);
}

/** The process that holds the lock; undefined when nobody does. Where /proc/locks is empty, init.sh's parent. */
export function findTree(paths: TreePaths): ProcessIdentity | undefined {
  const init = readAnnounced(paths.init);
  const parent = init !== undefined && isAlive(init) ? readProcessStat(init.pid)?.parent : undefined;
  const stat = readProcessStat(parent ?? lockHolder(paths.lock).pid);
  return stat === undefined ? undefined : { pid: stat.pid, startTime: stat.startTime };
}

import { readFile, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { HostDriver } from "../driver.ts";
import type { HostContext, ReadinessProbe } from "../host-context.ts";
import { type InstanceEntry, identityOf } from "./instance-entry.ts";
import { holdsSocket, isPortOfUser, udpSocketInodes } from "./udp-port.ts";

/**
 * Ready is a fact, never a line of the log: a process of this very game holds the game's port. Where the descriptors of games
 * are closed to us, a socket of the games' user must do: the host gives no two running instances the same port.
 */
export function portProbe(driver: HostDriver): ReadinessProbe {
  const { seesDescriptors, gameUid } = driver.info;
  if (seesDescriptors === false && gameUid !== undefined) return ({ port }) => isPortOfUser(port, gameUid);
  return async ({ name, port }) => {
    const inodes = await udpSocketInodes(port);
    return inodes.size > 0 && holdsSocket(await driver.processes(name), inodes);
  };
}

/**
 * Asks until the game of the present invocation is ready or has ended, then tells. Once ready, a game stays ready until
 * it ends: idle and hibernating are not dead.
 *
 * The log holds READY once an invocation, whichever daemon saw it, and also when no daemon ran at that moment.
 */
export async function watchReadiness(context: HostContext, entry: InstanceEntry): Promise<void> {
  const { invocationId } = entry.runtime;
  const isCurrent = () => entry.runtime.invocationId === invocationId && entry.runtime.activeState === "active" && !context.closing.aborted;
  const began = performance.now();
  const note = context.layout.ready(entry.record.name, entry.record.uid);
  const isTold = (await readFile(note, "utf8").catch(() => "")) === invocationId;
  while (isCurrent()) {
    const ready = await context.probe({ name: entry.record.name, port: entry.mounted?.port ?? entry.record.spec.port }).catch(() => false);
    if (!isCurrent() || entry.ready) return; // another look at it was faster
    if (ready) {
      entry.ready = true;
      if (!isTold) tellReady(context, entry, note);
      context.registry.touch(entry);
      return;
    }
    await sleep(pauseAfter(performance.now() - began));
  }
}

/** Told first, noted then: a daemon that is killed in between tells it once more, but never not at all. */
function tellReady(context: HostContext, entry: InstanceEntry, note: string): void {
  context.driver.recordEvent(identityOf(entry), "READY", "game is ready");
  // Not synced: it only has to outlive the daemon. After a power loss every invocation is a new one.
  void writeFile(note, entry.runtime.invocationId, { mode: 0o640 }).catch((error: unknown) => {
    if (context.registry.find(entry.record.name) !== entry) return; // its directory went with it
    context.log("warn", `READY of ${entry.record.name} may be told again by the next daemon`, { error: String(error) });
  });
}

/** Eager at first, when most games become ready; milliseconds. */
function pauseAfter(elapsed: number): number {
  if (elapsed < 3_000) return 15;
  return elapsed < 30_000 ? 100 : 1_000;
}

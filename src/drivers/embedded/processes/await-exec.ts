import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { EmbeddedSettings } from "../embedded-options.ts";
import type { TreePaths } from "../instance-paths.ts";
import { type ProcessIdentity, parseProcessStat } from "./process-stat.ts";
import { stagePrefixes } from "./tree-command.ts";

/** How many starts are waiting; each then looks less often. */
let waiting = 0;

/**
 * Waits until the game has been executed; returns undefined when the tree ended first.
 *
 * The process that init.sh announces becomes the game by way of a few programs that we know: when its command line
 * is none of theirs, execve has succeeded.
 * @param isOver whether the tree has ended
 */
export async function awaitExec(paths: TreePaths, settings: EmbeddedSettings, isOver: () => boolean): Promise<ProcessIdentity | undefined> {
  const stages = stagePrefixes(settings);
  waiting += 1;
  try {
    while (!isOver()) {
      const game = readAnnounced(paths.game);
      if (game !== undefined && hasExecuted(game.pid, stages)) return game;
      await sleep(Math.min(20, 1 + waiting / 10));
    }
    return undefined;
  } finally {
    waiting -= 1;
  }
}

/** Reads a file in which a process of the tree has announced itself; undefined while it is not complete. */
export function readAnnounced(path: string): ProcessIdentity | undefined {
  const stat = parseAnnouncement(path);
  return stat === undefined ? undefined : { pid: stat.pid, startTime: stat.startTime };
}

function parseAnnouncement(path: string) {
  try {
    const line = readFileSync(path, "utf8");
    return line.endsWith("\n") ? parseProcessStat(line) : undefined;
  } catch {
    return undefined;
  }
}

function hasExecuted(pid: number, stages: readonly string[]): boolean {
  const start = commandLine(pid, 8192);
  return start !== "" && !stages.some((stage) => start.startsWith(stage));
}

/** A zombie and a process in the middle of execve have an empty one. */
function commandLine(pid: number, length: number): string {
  try {
    const descriptor = openSync(`/proc/${pid}/cmdline`, "r");
    try {
      const buffer = Buffer.alloc(length);
      return buffer.toString("latin1", 0, readSync(descriptor, buffer));
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return "";
  }
}

import { stat, statfs } from "node:fs/promises";
import { type Finding, failing, fine, shellWord, warning } from "../../domain/finding.ts";
import { formatBytes } from "../../domain/format-bytes.ts";
import type { Check } from "./check.ts";

/** With less than this the host soon refuses (DISK_FULL), or a game's save is cut short. */
const fewBytes = 256 * 1024 ** 2;
const someBytes = 2 * 1024 ** 3;
const fewInodes = 1000;
const someInodes = 20_000;

/** What is free on a file system for this process. */
export type Room = { readonly bytes: number; readonly inodes: number | undefined };

/** Whether there is room where the host keeps everything, and where it unpacks uploads. */
export function diskRoom(directories: readonly string[]): Check {
  return {
    name: "disk-space",
    async run() {
      const devices = new Map<number, string>();
      for (const directory of directories) {
        const { dev } = await stat(directory);
        if (!devices.has(dev)) devices.set(dev, directory);
      }
      const rooms = await Promise.all([...devices.values()].map(async (directory) => ({ directory, room: await roomOf(directory) })));
      return rooms.flatMap(({ directory, room }) => judgeRoom(directory, room));
    },
  };
}

async function roomOf(directory: string): Promise<Room> {
  const { bavail, bsize, files, ffree } = await statfs(directory);
  // btrfs counts no inodes.
  return { bytes: bavail * bsize, inodes: files === 0 ? undefined : ffree };
}

/** What to say of the room on the file system of a directory. */
export function judgeRoom(directory: string, { bytes, inodes }: Room): Finding[] {
  const room = `${formatBytes(bytes)} free at ${directory}`;
  const cure = `see what takes it: df -h ${shellWord(directory)}; make room: l4d2ctl overlays list, l4d2ctl archives NAME, l4d2ctl reset NAME, or a larger disk`;
  const findings = [
    bytes < fewBytes ? failing("disk-space", room, cure) : bytes < someBytes ? warning("disk-space", room, cure) : fine("disk-space", room),
  ];
  if (inodes === undefined) return findings;
  const files = `room for ${inodes} more files at ${directory}`;
  const fewer = `see what takes it: du --inodes -x -d2 ${shellWord(directory)}; remove overlays and archives that nobody needs`;
  findings.push(
    inodes < fewInodes
      ? failing("disk-inodes", files, fewer)
      : inodes < someInodes
        ? warning("disk-inodes", files, fewer)
        : fine("disk-inodes", files),
  );
  return findings;
}

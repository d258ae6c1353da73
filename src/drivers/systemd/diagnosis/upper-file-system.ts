import { statfs } from "node:fs/promises";
import { release } from "node:os";
import { type Finding, failing, fine, warning } from "../../../domain/finding.ts";
import type { Check } from "../../../host/diagnosis/check.ts";

/** A version of Linux, such as 5.19. */
type Version = readonly [major: number, minor: number];

/** What a file system is called, whether overlayfs can write there, and since when its mounts map ids (mount_setattr(2)). */
type FileSystem = { readonly name: string; readonly isUpper: boolean; readonly mapsSince?: Version };

/** By the magic number that statfs(2) tells. What is missing here may do. */
const fileSystems: ReadonlyMap<number, FileSystem> = new Map([
  [0xef53, { name: "ext4", isUpper: true, mapsSince: [5, 12] }],
  [0x5846_5342, { name: "xfs", isUpper: true, mapsSince: [5, 12] }],
  [0x9123_683e, { name: "btrfs", isUpper: true, mapsSince: [5, 15] }],
  [0xf2f5_2010, { name: "f2fs", isUpper: true, mapsSince: [5, 18] }],
  [0x0102_1994, { name: "tmpfs", isUpper: true, mapsSince: [6, 3] }],
  [0x794c_7630, { name: "overlayfs", isUpper: false }],
  [0x6969, { name: "NFS", isUpper: false }],
  [0xfe53_4d42, { name: "SMB", isUpper: false }],
  [0xff53_4d42, { name: "CIFS", isUpper: false }],
  [0x4d44, { name: "FAT", isUpper: false }],
  [0x2011_bab0, { name: "exFAT", isUpper: false }],
  [0x7366_746e, { name: "NTFS", isUpper: false }],
]);
const tmpfs = 0x0102_1994;
/** Since then overlayfs takes mounts with mapped ids as layers. */
const overlayMapsSince: Version = [5, 19];

/** Whether the file system of a directory can take what games and the installer write. @param directory where it is written */
export function upperFileSystem(directory: string): Check {
  return {
    name: "root-file-system",
    run: async () => judgeFileSystem(directory, (await statfs(directory)).type, release()),
  };
}

/** What to say of a file system. @param type its magic number. @param kernel as uname(2) tells it, e.g. `6.12.48+deb13-amd64` */
export function judgeFileSystem(directory: string, type: number, kernel: string): Finding[] {
  const found = fileSystems.get(type);
  const move = `mount a disk with ext4, xfs or btrfs there: see findmnt -T ${directory}`;
  if (found === undefined) {
    const unknown = `${directory} is on a file system (${hex(type)}) of which it is not known whether overlayfs can write there`;
    return [warning("root-file-system", unknown, `${move}; or leave it, when games start`)];
  }
  const { name, isUpper } = found;
  if (!isUpper) return [failing("root-file-system", `${directory} is on ${name}, where overlayfs cannot write: no game can start`, move)];
  const room =
    type === tmpfs
      ? warning("root-file-system", `${directory} is on tmpfs: nothing of it is left after a boot`, move)
      : fine("root-file-system", `${directory} is on ${name}, where overlayfs can write`);
  return [room, judgeMapping(found, kernel)];
}

/** The installer's user sees what is left4me's as its own, by mounts with mapped ids. */
function judgeMapping({ name, mapsSince = overlayMapsSince }: FileSystem, kernel: string): Finding {
  const needed = isSince(mapsSince, overlayMapsSince) ? mapsSince : overlayMapsSince;
  const [, major = "0", minor = "0"] = /^(\d+)\.(\d+)/.exec(kernel) ?? [];
  if (isSince([Number(major), Number(minor)], needed))
    return fine("mapped-ids", `this kernel (${kernel}) maps ids on ${name} for the installer`);
  const problem = `Linux ${kernel} does not map ids on ${name} for overlayfs: the game cannot be installed through SteamCMD`;
  return warning(
    "mapped-ids",
    problem,
    `boot Linux ${needed.join(".")} or later, or import what is installed elsewhere: l4d2ctl install --import`,
  );
}

function isSince([major, minor]: Version, [wantedMajor, wantedMinor]: Version): boolean {
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

function hex(type: number): string {
  return `0x${type.toString(16)}`;
}

import { readFileSync } from "node:fs";
import { unavailable } from "./unavailable.ts";

/** The ids that games and their layers belong to. */
export type GameIds = { readonly uid: number; readonly gid: number };

/**
 * The user and the group left4me-game, as systemd-sysusers made them.
 *
 * @throws HostError DRIVER_UNAVAILABLE when they do not exist
 */
export function gameIds(): GameIds {
  const uid = idIn("/etc/passwd");
  const gid = idIn("/etc/group");
  if (uid !== undefined && gid !== undefined) return { uid, gid };
  throw unavailable("user-missing", "there is no user or no group left4me-game", "systemd-sysusers left4me.conf");
}

/** The third field of passwd(5) and of group(5). */
function idIn(file: string): number | undefined {
  const id = /^left4me-game:[^:]*:(\d+):/m.exec(readFileSync(file, "utf8"))?.[1];
  return id === undefined ? undefined : Number(id);
}

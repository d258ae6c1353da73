import { readFile } from "node:fs/promises";
import { HostError } from "../../domain/host-error.ts";
import { run } from "../../exec/run.ts";

/** A user of this host. */
export type UserIds = { readonly uid: number; readonly gid: number };

/**
 * A user's ids as getent(1) tells them, which knows of LDAP and the like; where there is no getent (musl), as passwd(5) does.
 * Undefined when there is no such user.
 */
export async function lookUpUser(user: string, passwd: string = "/etc/passwd"): Promise<UserIds | undefined> {
  try {
    return idsOf(user, await run("getent", ["passwd", user]));
  } catch (error) {
    const hasRun = error instanceof HostError && error.metadata["exit_code"] !== "";
    return hasRun ? undefined : idsOf(user, await readFile(passwd, "utf8").catch(() => ""));
  }
}

/** The third and fourth field of the user's line. */
function idsOf(user: string, lines: string): UserIds | undefined {
  const fields = lines
    .split("\n")
    .map((line) => line.split(":"))
    .find(([name]) => name === user);
  const [uid, gid] = [Number(fields?.[2] || Number.NaN), Number(fields?.[3] || Number.NaN)];
  return Number.isInteger(uid) && Number.isInteger(gid) ? { uid, gid } : undefined;
}

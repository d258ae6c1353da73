import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Users and groups by name, as passwd(5) and group(5) have them. */
export type Accounts = {
  readonly users: ReadonlyMap<string, number>;
  readonly groups: ReadonlyMap<string, { readonly gid: number; readonly members: readonly string[] }>;
};

/** Reads the accounts of this host: systemd-sysusers keeps them in these files. @param system the root of the file system */
export function readAccounts(system = "/"): Accounts {
  const lines = (file: string) =>
    readFileSync(join(system, file), "utf8")
      .split("\n")
      .map((line) => line.split(":"));
  const users = lines("etc/passwd").map(([name = "", , uid = ""]) => [name, Number(uid)] as const);
  const groups = lines("etc/group").map(
    ([name = "", , gid = "", members = ""]) =>
      [name, { gid: Number(gid), members: members.split(",").filter((member) => member !== "") }] as const,
  );
  return { users: new Map(users), groups: new Map(groups) };
}

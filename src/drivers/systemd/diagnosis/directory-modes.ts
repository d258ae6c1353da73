import { existsSync, readFileSync, type Stats } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type Finding, failing, fine } from "../../../domain/finding.ts";
import type { Check } from "../../../host/diagnosis/check.ts";
import { type Accounts, readAccounts } from "./accounts.ts";

/** The order in which systemd-tmpfiles(8) looks; the first file of a name counts. */
const places = ["etc/tmpfiles.d", "run/tmpfiles.d", "usr/lib/tmpfiles.d"];
const cure = "sudo systemd-tmpfiles --create left4me.conf";

/** A directory as tmpfiles.d(5) wants it. */
type Wanted = { readonly path: string; readonly mode: number; readonly user: string; readonly group: string };

/** Whether the directories of the agreement have their owners and modes. @param system the root of the file system */
export function directoryModes(system = "/"): Check {
  return {
    name: "directories",
    async run() {
      const place = places.map((directory) => join(system, directory, "left4me.conf")).find((path) => existsSync(path));
      if (place === undefined)
        return [failing("directories", "tmpfiles.d has no left4me.conf", "sudo apt-get install --reinstall left4me-host")];
      const accounts = readAccounts(system);
      const wanted = wantedDirectories(readFileSync(place, "utf8"));
      const problems = (await Promise.all(wanted.map((directory) => problemOf(system, directory, accounts)))).flat();
      if (problems.length === 0) return [fine("directories", `${wanted.length} directories have their owners and modes`)];
      return problems.map((problem): Finding => failing("directories", problem, cure));
    },
  };
}

/** The directories of a tmpfiles.d file. Those that are named by the machine's id are journald's. */
export function wantedDirectories(text: string): Wanted[] {
  return text.split("\n").flatMap((line) => {
    const [type, path = "", mode = "", user = "", group = ""] = line.split(/\s+/);
    return type === "d" && !path.includes("%") ? [{ path, mode: Number.parseInt(mode, 8), user, group }] : [];
  });
}

async function problemOf(system: string, { path, mode, user, group }: Wanted, { users, groups }: Accounts): Promise<string[]> {
  const found = await stat(join(system, path)).catch((error: NodeJS.ErrnoException) => error.code ?? "unknown");
  if (typeof found === "string") return [found === "ENOENT" ? `${path} is missing` : `${path} cannot be looked at (${found})`];
  if (!found.isDirectory()) return [`${path} is no directory`];
  const uid = user === "root" ? 0 : users.get(user);
  const gid = group === "root" ? 0 : groups.get(group)?.gid;
  if ((found.mode & 0o7777) === mode && found.uid === uid && found.gid === gid) return [];
  return [`${path} is ${shown(found, { users, groups })}, in the place of ${octal(mode)} ${user}:${group}`];
}

function shown({ mode, uid, gid }: Stats, { users, groups }: Accounts): string {
  const user = [...users].find(([, id]) => id === uid)?.[0] ?? String(uid);
  const group = [...groups].find(([, { gid: id }]) => id === gid)?.[0] ?? String(gid);
  return `${octal(mode & 0o7777)} ${user}:${group}`;
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

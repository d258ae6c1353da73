import { type Finding, failing, fine } from "../../../domain/finding.ts";
import type { Check } from "../../../host/diagnosis/check.ts";
import { type Accounts, readAccounts } from "./accounts.ts";

const cure = "sudo systemd-sysusers left4me.conf && sudo systemctl restart left4me-hostd.service";

/** Whether the users and groups are there, and the daemon runs as its own. */
export function accountList(): Check {
  return {
    name: "accounts",
    run: () => judgeAccounts(readAccounts(), { uid: process.getuid?.() ?? 0, groups: process.getgroups?.() ?? [] }),
  };
}

/** What to say of the accounts. @param daemon the ids of this process */
export function judgeAccounts(
  { users, groups }: Accounts,
  daemon: { readonly uid: number; readonly groups: readonly number[] },
): Finding[] {
  const missing = [
    ...["left4me", "left4me-game", "left4me-steam"].filter((name) => !users.has(name)).map((name) => `the user ${name}`),
    ...["left4me", "left4me-game", "left4me-steam", "left4me-operator"]
      .filter((name) => !groups.has(name))
      .map((name) => `the group ${name}`),
  ];
  if (missing.length > 0) return [failing("accounts", `${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} missing`, cure)];
  if (daemon.uid !== users.get("left4me"))
    return [
      failing(
        "accounts",
        `the daemon runs as uid ${daemon.uid}, not as left4me`,
        "sudo systemctl restart left4me-hostd.service, in the place of a daemon that was started by hand",
      ),
    ];
  if (!daemon.groups.includes(groups.get("left4me-game")?.gid ?? -1))
    return [failing("accounts", "the daemon is no member of left4me-game: it cannot give layers to games", cure)];
  return [fine("accounts", "left4me, left4me-game, left4me-steam and left4me-operator are there")];
}

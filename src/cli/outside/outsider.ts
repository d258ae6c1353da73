import { execFile } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { userInfo } from "node:os";

/** Who looks at a host from outside, and with what. Tests bring their own. */
export type Outsider = {
  readonly user: string;
  /** The ids of the groups that this process has. */
  readonly groups: readonly number[];
  /** The text of group(5). */
  groupFile(): Promise<string>;
  /** The group of a file; undefined when there is none, or it may not be looked at. */
  groupOf(path: string): Promise<number | undefined>;
  /** The output of systemctl; undefined where it is not there or fails. */
  systemctl(...args: readonly string[]): Promise<string | undefined>;
};

/** A unit's state is told at once, or PID 1 is not well; milliseconds. */
const systemctlMs = 3000;

/** This process. */
export function thisOutsider(): Outsider {
  return {
    user: userInfo().username,
    groups: [...(process.getgroups?.() ?? []), process.getegid?.() ?? -1],
    groupFile: () => readFile("/etc/group", "utf8").catch(() => ""),
    groupOf: async (path) => (await stat(path).catch(() => undefined))?.gid,
    systemctl: (...args) =>
      new Promise((resolve) => {
        execFile("systemctl", args, { timeout: systemctlMs }, (error, stdout) => resolve(error === null ? stdout : undefined));
      }),
  };
}

import { execFile, execFileSync, spawn } from "node:child_process";
import { chmodSync, cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Printing } from "./journalctl.ts";

const files = join(import.meta.dirname, "../peers/older-cli");
const directory = "/usr/local/libexec/left4me";
const sudoers = "/etc/sudoers.d/older-cli";
const execute = promisify(execFile);

/**
 * The older system's way to read: a Python program a call, which runs a helper by `sudo -n`, which runs systemctl or journalctl.
 *
 * Generous to it: the program imports the standard library only, and the helpers are small shell scripts.
 */
export type OlderCli = {
  /** The state of an instance's unit, in systemd's words. */
  state(name: string): Promise<string>;
  /** The last lines of an instance's log, and with `follow` those that come. */
  logs(name: string, lines: number, follow: boolean): Printing;
};

/** Puts its files in place. It runs as left4me, which sudoers lets run the helpers. */
export function installOlderCli(): OlderCli {
  cpSync(files, directory, { recursive: true });
  const helpers = ["left4me-systemctl", "left4me-journalctl"].map((helper) => join(directory, helper));
  writeFileSync(sudoers, `left4me ALL=(root:root) NOPASSWD: ${helpers.join(", ")}\n`);
  chmodSync(sudoers, 0o440);
  const program = "/usr/bin/python3";
  const cli = join(directory, "l4d2ctl");
  const caller = { uid: idOf("-u"), gid: idOf("-g"), cwd: "/" };
  return {
    state: async (name) => {
      const { stdout } = await execute(program, [cli, "status", name, "--json"], caller);
      return (JSON.parse(stdout) as { state: string }).state;
    },
    logs: (name, lines, follow) => {
      const args = [cli, "logs", name, "--lines", String(lines), follow ? "--follow" : "--no-follow"];
      return spawn(program, args, { ...caller, stdio: ["ignore", "pipe", "inherit"] }) as Printing;
    },
  };
}

function idOf(which: "-u" | "-g"): number {
  return Number(execFileSync("id", [which, "left4me"], { encoding: "utf8" }));
}

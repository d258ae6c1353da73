import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Bind, down, sh, up } from "./host.ts";

const repository = join(import.meta.dirname, "../..");

/** Where a prepared host sees what systemd/ installs, test/hosts/guest/ and this Node. */
export const inHost = { installed: "/opt/left4me/installed", guest: "/opt/left4me/guest", node: "/opt/left4me/node/node" } as const;

/** A script that puts in place what {@link hostBinds} shows of systemd/, over what is there. */
export const installSystemd = `cp -rf --no-preserve=ownership ${inHost.installed}/. /`;

/** What a host that runs left4me sees of this machine. */
function hostBinds(): Bind[] {
  const installed = mkdtempSync(join(tmpdir(), "left4me-installed-"));
  execFileSync(join(repository, "systemd/install.sh"), [installed]);
  process.once("exit", () => rmSync(installed, { recursive: true, force: true }));
  return [
    { source: installed, target: inHost.installed },
    { source: join(import.meta.dirname, "guest"), target: inHost.guest },
    { source: dirname(process.execPath), target: dirname(inHost.node) },
  ];
}

/**
 * Boots a fresh host with everything of systemd/ in the places where the package has it, users and directories made.
 *
 * The daemon is a stand-in that sleeps: most suites ask what PID 1 and the helpers do.
 *
 * @param more directories that the host sees besides
 */
export async function prepareHost(name: string, more: readonly Bind[] = []): Promise<void> {
  await down(name);
  await up(name, [...hostBinds(), ...more]);
  await sh(
    name,
    `${installSystemd}
     printf '#!/bin/sh\\nsystemd-notify --ready\\nexec sleep infinity\\n' >/usr/bin/left4me-hostd
     chmod 755 /usr/bin/left4me-hostd
     systemd-sysusers left4me.conf 2>/dev/null
     systemd-tmpfiles --create left4me.conf
     systemctl daemon-reload
     systemctl start left4me-hostd.socket`,
  );
}

/**
 * Publishes an instance of the smallest game; it runs until SIGINT.
 *
 * @param mode what the game does instead, see guest/game.sh
 * @param layers how many layers lie between the configuration and the game
 */
export async function makeInstance(host: string, name: string, mode = "", layers = 0): Promise<void> {
  await sh(host, `${inHost.guest}/make-instance.sh '${name}' '${mode}' ${layers}`);
}
